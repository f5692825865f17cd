#include "common/datasets/recordings_source.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>

#include "common/datasets/class_label.hpp"
#include "common/datasets/cut.hpp"
#include "common/datasets/speaker_split.hpp"
#include "common/datasets/wav_file.hpp"

namespace skerry::datasets {
namespace {

namespace fs = std::filesystem;

struct Recording {
    fs::path path;
    std::string label;
    std::string speaker;
    std::optional<std::uint64_t> index;
    bool tested = false;     ///< it is of the test split
    std::uint64_t turn = 0;  ///< of those without an index, how far on in its class: 2^32 is its end
    std::uint32_t target = 0;
};

struct Wanted {
    fs::path folder;
    std::vector<std::string> speakers, without;
};

Result<Wanted> wanted_by(std::string_view where) {
    Wanted wanted;
    wanted.folder = fs::path(cut(where, '?'));
    while (!where.empty()) {
        std::string_view value = cut(where, '&');
        const std::string_view key = cut(value, '=');
        if (key != "speaker" && key != "without") {
            return fail(ErrorCode::InvalidInput,
                        "recordings are chosen by speaker=… and without=…, not by '" + shown(key) + "'");
        }
        while (!value.empty())
            (key == "speaker" ? wanted.speakers : wanted.without).emplace_back(cut(value, ','));
    }
    return wanted;
}

/// By its name, LABEL_SPEAKER_INDEX, or else by the folder that it lies in.
Recording recording_at(const fs::path& path, const std::string& folder_label) {
    Recording recording;
    recording.path = path;
    const std::string name = path.stem().string();
    std::string_view rest = name;
    recording.label = std::string(cut(rest, '_'));
    recording.speaker = std::string(cut(rest, '_'));
    std::uint64_t index = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
    if (error == std::errc() && end == rest.data() + rest.size()) recording.index = index;
    if (!folder_label.empty()) {
        recording.label = folder_label;
        // Speech Commands: SPEAKER_nohash_INDEX, whose index counts a speaker's repetitions: no split by that.
        recording.speaker = name.substr(0, name.find('_'));
        recording.index.reset();
    }
    recording.tested = recording.index ? *recording.index < kTestRecordings : is_for_tests(name);
    return recording;
}

Result<> gather(const fs::path& folder, const std::string& label, std::vector<Recording>& recordings) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (entry->path().extension() != ".wav") continue;
        if (recordings.size() == kRecordingsMax) {
            return fail(ErrorCode::InvalidInput, folder.string() + " holds too many recordings");
        }
        recordings.push_back(recording_at(entry->path(), label));
    }
    if (!error) return {};
    return fail(ErrorCode::PermissionDenied, folder.string() + " cannot be read: " + error.message());
}

Result<std::vector<Recording>> all_in(const fs::path& folder) {
    std::vector<Recording> recordings;
    std::error_code error;
    SKERRY_TRY(gather(folder, "", recordings));
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with('_') || !entry->is_directory(error)) continue;
        SKERRY_TRY(gather(entry->path(), name == "recordings" ? "" : name, recordings));
    }
    return recordings;
}

/// By index, then by name. Those without an index are spread so that each class goes evenly from beginning to end.
void put_in_order(std::vector<Recording>& recordings) {
    const auto by = [](auto order) {
        return [order](const Recording& a, const Recording& b) { return order(a) < order(b); };
    };
    std::sort(recordings.begin(), recordings.end(), by([](const Recording& r) { return std::tie(r.index, r.path); }));
    std::map<std::uint32_t, std::uint64_t> sizes, taken;
    for (const Recording& recording : recordings)
        sizes[recording.target] += recording.index ? 0 : 1;
    for (Recording& recording : recordings) {
        if (!recording.index) recording.turn = (taken[recording.target]++ << 32U) / sizes[recording.target];
    }
    std::sort(recordings.begin(), recordings.end(),
              by([](const Recording& r) { return std::tie(r.index, r.turn, r.path); }));
}

/// Why there is nothing in a split, `elsewhere` being how many recordings the other one has.
std::string nothing_in(Split split, std::size_t elsewhere) {
    if (elsewhere == 0) return ": there is no such WAV file";
    const bool tests = split == Split::Test;
    return ": no such WAV file is of the " + std::string(tests ? "test" : "train") + " split, and " +
           std::to_string(elsewhere) + (elsewhere == 1 ? " is" : " are") + " of the " + (tests ? "train" : "test") +
           " split: files named LABEL_SPEAKER_INDEX are for tests where the index is below " +
           std::to_string(kTestRecordings) + ", others by who speaks";
}

class RecordingsSource final : public SampleSource {
public:
    RecordingsSource(std::vector<Recording> recordings, const parameters::LogMel& front_end)
        : recordings_(std::move(recordings)), front_end_(front_end) {}

    Result<std::optional<Sample>> next() override {
        if (next_ == recordings_.size()) return std::optional<Sample>();
        const Recording& recording = recordings_[next_++];
        const Bytes pcm = SKERRY_TRY(read_wav(recording.path, front_end_.rate));
        return Sample{parameters::stored_recording(front_end_, pcm), recording.target};
    }

private:
    std::vector<Recording> recordings_;
    parameters::LogMel front_end_;
    std::size_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<SampleSource>> open_recordings(std::string_view where, Split split,
                                                      const parameters::ModelSpec& spec) {
    const Wanted wanted = SKERRY_TRY(wanted_by(where));
    std::error_code ignored;
    if (!fs::is_directory(wanted.folder, ignored)) {
        return fail(ErrorCode::NotFound, "there is no folder " + wanted.folder.string() +
                                             ": for a model that reads audio, name one of WAV files");
    }
    std::vector<Recording> recordings = SKERRY_TRY(all_in(wanted.folder));
    const auto listed = [](const std::vector<std::string>& speakers, const Recording& recording) {
        return std::find(speakers.begin(), speakers.end(), recording.speaker) != speakers.end();
    };
    std::erase_if(recordings, [&](const Recording& recording) {
        return (!wanted.speakers.empty() && !listed(wanted.speakers, recording)) || listed(wanted.without, recording);
    });
    const std::size_t elsewhere = std::erase_if(
        recordings, [split](const Recording& recording) { return recording.tested != (split == Split::Test); });
    if (recordings.empty()) return fail(ErrorCode::InvalidInput, std::string(where) + nothing_in(split, elsewhere));
    for (Recording& recording : recordings) {
        const auto target = class_label(recording.label, spec.classes);
        if (!target) return fail(ErrorCode::InvalidInput, recording.path.string() + ": " + target.error().message);
        recording.target = *target;
    }
    put_in_order(recordings);
    return std::make_unique<RecordingsSource>(std::move(recordings), *spec.input.audio());
}

}  // namespace skerry::datasets
