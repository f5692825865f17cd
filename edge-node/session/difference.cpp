#include "edge-node/session/session.hpp"

// A version as what turns the installed one into it. Nothing that is wrong with a difference keeps a version from us.
namespace skerry::node {

using Level = Notice::Level;

std::optional<AnnouncedDifference> Session::difference_to(const Announced& version,
                                                          const std::vector<wire::SignedBytes>& records) {
    const auto tier = static_cast<std::size_t>(certificate_.tier);
    const ModelVersion held = installing_ ? installing_->manifest.version
                              : download_ ? download_->version()
                                          : installed_;
    for (const wire::SignedBytes& record : records) {
        const auto offered = wire::open_difference(record, keys_.signing);
        if (!offered && offered.error().code == ErrorCode::InvalidInput) continue;  // perhaps a newer coordinator's
        if (!offered) {
            notice(Level::Error, "untrusted_difference", offered.error().message + "; the version is fetched whole");
            return {};
        }
        if (offered->encoding != version.as.encoding || offered->base != held) continue;
        const bool other = offered->federation != version.manifest.federation ||
                           offered->version != version.manifest.version ||
                           offered->weights != version.manifest.digests.back();
        const bool exact = offered->encoding == WeightEncoding::Float32;
        if (other || (exact && offered->values[tier] != version.manifest.digests[tier])) {
            notice(Level::Error, "untrusted_difference",
                   "the difference that is announced is to other weights than the manifest's; they are fetched whole");
            return {};
        }
        if (offered->bytes[tier] >= version.bytes) continue;
        return AnnouncedDifference{offered->base, offered->base_weights, offered->bytes[tier], offered->digests[tier],
                                   offered->values[tier]};
    }
    return {};
}

bool Session::stands_on_installed(const Announced& version) const {
    const AnnouncedDifference& difference = *version.difference;
    return difference.base == installed_ && difference.base_weights == installed_weights_ &&
           version.as.encoding == installed_as_.encoding;
}

}  // namespace skerry::node
