#include <algorithm>
#include <utility>

#include "edge-node/session/session.hpp"

namespace skerry::node {

using Level = Notice::Level;

void Session::hear(const wire::Announcement& announcement, TimePoint now) {
    const auto manifest = wire::open_manifest(announcement.manifest, keys_.signing);
    if (!manifest) return notice(Level::Error, "untrusted_version", manifest.error().message);
    if (!is_ours(*manifest)) {
        return notice(Level::Error, "untrusted_version",
                      "the version announced is of another federation or another declared model: it is not installed");
    }
    heed(announcement, manifest->version);
    newest_known_ = std::max(newest_known_, manifest->version);
    if (manifest->version > audits_of_ && !announcement.audits.empty()) {
        audits_of_ = manifest->version;
        order(HeedAudits{announcement.audits});
    }
    if (manifest->version > soft_labels_of_ && !announcement.soft_labels.empty()) {
        soft_labels_of_ = manifest->version;
        order(HeedSoftLabels{announcement.soft_labels});
    }
    const ModelVersion known = newest_       ? newest_->manifest.version
                               : download_   ? download_->version()
                               : installing_ ? installing_->manifest.version
                                             : installed_;
    if (manifest->version <= known) return;
    // A node that has any version can wait for a better one; without one it can only try the same again.
    if (manifest->version == refused_version_ && (installed_.value > 0 || now < refused_until_)) return;
    newest_ = as_pushed(announcement, *manifest);
    newest_->difference = difference_to(*newest_, announcement.differences);
    begin_download(now);
}

bool Session::is_ours(const wire::Manifest& manifest) const {
    return manifest.federation == keys_.federation && manifest.model == config_.model &&
           manifest.values == config_.values;
}

// What was on its way when the process before this one ended is on its way still.
void Session::go_on_with(const ArrivingVersion& arriving) {
    Announced version = arriving.what;
    const auto manifest = wire::open_manifest(version.signed_manifest, keys_.signing);
    if (!manifest || !is_ours(*manifest) || manifest->version <= installed_) return;
    version.manifest = *manifest;
    if (version.difference && !stands_on_installed(version)) return;
    newest_known_ = std::max(newest_known_, manifest->version);
    download_.emplace(std::move(version), certificate_.tier, arriving.chunks);
    pull_.open(TimePoint{});
}

void Session::heed(const wire::Announcement& announcement, ModelVersion version) {
    if (version < newest_known_) return;  // it was late: what it says has passed
    hurries_until_ = announcement.drift.early ? version.next() : ModelVersion{};
    const bool news = announcement.alarms_known > alarms_known_;
    alarms_known_ = std::max(alarms_known_, announcement.alarms_known);
    const bool another = version > newest_known_ && announcement.trial_against.value > 0;
    if (another || announcement.trial_against != trial_against_) {
        trial_against_ = announcement.trial_against;
        order(HeedTrial{trial_against_.value > 0 ? version : ModelVersion{}, trial_against_});
    }
    if (news || announcement.drift.lasts.count() > 0) order(HeedDrift{alarms_known_, announcement.drift.lasts});
}

// The encoding that this node wants, where it is offered and verified. Float32 stands by itself: nothing that is wrong
// with an encoding keeps a version from us.
Announced Session::as_pushed(const wire::Announcement& announcement, const wire::Manifest& manifest) {
    const auto tier = static_cast<std::size_t>(certificate_.tier);
    Announced version{manifest,
                      announcement.manifest,
                      announcement.counted,
                      {},
                      manifest.values[tier] * sizeof(float),
                      manifest.digests[tier]};
    if (config_.encoding == WeightEncoding::Float32) return version;
    for (const wire::SignedBytes& record : announcement.encodings) {
        const auto offered = wire::open_encoded(record, keys_.signing);
        if (!offered && offered.error().code == ErrorCode::InvalidInput) {
            // Signed, so perhaps of a newer coordinator for newer nodes; another may be the one we want.
            notice(Level::Info, "unknown_encoding", offered.error().message);
            continue;
        }
        if (!offered) {
            notice(Level::Error, "untrusted_encoding", offered.error().message + "; the version is fetched as fp32");
            return version;
        }
        if (offered->encoding != config_.encoding) continue;
        const std::string name(name_of(offered->encoding));
        if (offered->federation != manifest.federation || offered->version != manifest.version ||
            offered->weights != manifest.digests.back()) {
            notice(Level::Error, "untrusted_encoding",
                   "the " + name +
                       " that is announced is of other weights than the manifest's; they are fetched as "
                       "fp32");
            return version;
        }
        if (offered->bytes[tier] != config_.encoded_bytes[tier]) {
            notice(Level::Error, "untrusted_encoding",
                   "the " + name + " that is announced has " + std::to_string(offered->bytes[tier]) +
                       " bytes, by the model it must have " + std::to_string(config_.encoded_bytes[tier]) +
                       "; the version is fetched as fp32");
            return version;
        }
        version.as = {offered->encoding, offered->errors[tier]};
        version.bytes = offered->bytes[tier];
        version.digest = offered->digests[tier];
        return version;
    }
    return version;
}

void Session::begin_download(TimePoint now) {
    // One at a time, to its end: a link that is slower than the fleet publishes would else never finish any. And
    // while one is being installed its chunks are still in place: the next one waits for VersionInstalled.
    if (download_ || installing_ || !newest_) return;
    Announced next = *std::exchange(newest_, std::nullopt);
    if (next.manifest.version <= installed_) return;
    if (next.difference && !stands_on_installed(next)) next.difference.reset();
    fetch(std::move(next));
    pull_.open(now);
    if (connected_ && welcomed_) ask_for_chunks(now);
}

void Session::fetch(Announced version) {
    order(BeginVersion{version});
    download_.emplace(std::move(version), certificate_.tier);
}

void Session::ask_for_chunks(TimePoint now) {
    if (download_->complete()) return finish_download();
    const auto pull = download_->ask();
    pull_.asked(now, config_.backoff, jitter_);
    if (pull) say(*pull);
}

void Session::hear(const wire::ModelChunk& chunk, TimePoint now) {
    if (!download_) return;
    using Taken = Download::Taken;
    const Taken taken = download_->take(chunk);
    if (taken == Taken::Ignored) return;
    if (taken == Taken::Corrupt) return fetch_again(download_->announced(), "a chunk has a wrong size", now);
    order(StoreModelChunk{chunk.index, chunk.bytes});
    if (taken == Taken::Stored) {
        pull_.open(now);  // an answer: patience begins anew
        return ask_for_chunks(now);
    }
    finish_download();
}

// After a pause that grows: a coordinator that serves wrong bytes must not be hammered. And whole: whatever was wrong
// with a difference would be so again.
void Session::fetch_again(Announced version, const std::string& why, TimePoint now) {
    notice(Level::Error, "version_corrupt",
           "the bytes of version " + std::to_string(version.manifest.version.value) + " are not what was announced (" +
               why + "); it is fetched again" + (version.difference ? ", whole" : ""));
    version.difference.reset();
    fetch(std::move(version));
    pull_.asked(now, config_.backoff, jitter_);
}

void Session::finish_download() {
    pull_.close();
    installing_ = download_->announced();
    download_.reset();
    if (!taking_) order_install();
}

void Session::order_install() {
    order(InstallVersion{installing_->manifest, installing_->signed_manifest, installing_->counted, installing_->as,
                         certificate_.tier, installing_->digest, installing_->difference});
}

void Session::on(const VersionInstalled& event, TimePoint now) {
    if (!installing_ || installing_->manifest.version != event.version) return;
    const Sequence counted = installing_->counted;
    installed_ = event.version;
    installed_as_ = installing_->as;
    installed_weights_ = installing_->manifest.digests.back();
    installing_.reset();
    if (const SpooledUpdate* update = offered(); update != nullptr && update->sequence <= counted) offer_.close();
    std::erase_if(spool_, [&](const SpooledUpdate& update) { return update.sequence <= counted; });
    lease_not_before_ = now;  // what we waited for may be this version
    lease_.close();
    report_due_ = now;
    if (silent() && connected_ && welcomed_) {
        say(wire::Goodbye{});
        return;
    }
    begin_download(now);
}

void Session::on(const VersionRefused& event, TimePoint now) {
    if (!installing_ || installing_->manifest.version != event.version) return;
    refused_version_ = event.version;
    refused_until_ = now + config_.denied_wait;
    installing_.reset();
    notice(Level::Error, "version_refused",
           "version " + std::to_string(event.version.value) + " is not installed: " + event.why +
               (installed_.value > 0
                    ? "; this node stays on version " + std::to_string(installed_.value) + " until a newer one comes"
                    : std::string("; it has no other, so it is tried again later")));
    begin_download(now);
}

void Session::on(const VersionUnreadable& event, TimePoint now) {
    if (!installing_ || installing_->manifest.version != event.version) return;
    Announced version = *std::exchange(installing_, std::nullopt);
    fetch_again(std::move(version), event.why, now);
}

}  // namespace skerry::node
