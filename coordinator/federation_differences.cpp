#include <algorithm>

#include "coordinator/federation.hpp"

// What a version is offered as to nodes that hold the one before it.
namespace skerry::coordinator {

void Federation::offer(const std::vector<wire::EncodedDifference>& differences, ModelVersion version,
                       ModelVersion base) {
    std::vector<Difference>& offered = differences_[version];
    offered.clear();
    const auto held = held_.find(base);
    if (held == held_.end()) return;
    for (wire::EncodedDifference what : differences) {
        if (what.base_weights != held->second.weights) continue;  // another version came between
        what.federation = id_;
        what.version = version;
        what.base = base;
        offered.push_back({what, wire::sign(what, keys_.signing)});
    }
}

std::span<const Federation::Difference> Federation::differences(ModelVersion version) const {
    const auto found = differences_.find(version);
    return found == differences_.end() ? std::span<const Difference>() : found->second;
}

std::vector<wire::SignedBytes> Federation::difference_records(ModelVersion version) const {
    std::vector<wire::SignedBytes> records;
    for (const Difference& difference : differences(version))
        records.push_back(difference.record);
    return records;
}

const wire::EncodedDifference* Federation::difference_for(const wire::ModelPull& pull) const {
    for (const Difference& difference : differences(pull.version)) {
        if (difference.what.encoding == pull.encoding && difference.what.base == pull.base) return &difference.what;
    }
    return nullptr;
}

std::vector<Digest> Federation::offered_blobs(ModelVersion version) const {
    std::vector<Digest> blobs;
    for (const Encoding& encoding : encodings(version))
        blobs.push_back(encoding.what.digests.back());
    for (const Difference& difference : differences(version))
        blobs.push_back(difference.what.digests.back());
    return blobs;
}

std::vector<Digest> Federation::offered_only_of(ModelVersion version) const {
    std::vector<Digest> blobs = offered_blobs(version);
    for (const auto& [other, held] : held_) {
        if (other == version) continue;
        for (const Digest& shared : offered_blobs(other))
            std::erase(blobs, shared);
    }
    return blobs;
}

}  // namespace skerry::coordinator
