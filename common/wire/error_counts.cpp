#include "common/wire/error_counts.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace skerry::wire {

std::uint64_t ErrorCounts::total() const {
    return std::accumulate(by_type.begin(), by_type.end(), std::uint64_t{0});
}

Bytes encoded(const ErrorCounts& counts) {
    ByteWriter out;
    for (const std::uint32_t count : counts.by_type)
        out.put(count);
    out.put(counts.other);
    return std::move(out).take();
}

Result<ErrorCounts> error_counts_of(ByteView bytes) {
    if (bytes.size() != kErrorCountsBytes) {
        return fail(ErrorCode::InvalidInput, "error counts have " + std::to_string(kErrorCountsBytes) +
                                                 " bytes, these have " + std::to_string(bytes.size()));
    }
    ByteReader in(bytes);
    ErrorCounts counts;
    for (std::uint32_t& count : counts.by_type)
        count = in.get<std::uint32_t>();
    counts.other = in.get<std::uint32_t>();
    return counts;
}

Result<> check(const ErrorCounts& counts, std::uint64_t labelled, std::uint64_t errors,
               std::span<const ClassPairCount> pairs) {
    std::uint64_t in_pairs = counts.other;
    std::vector<std::pair<std::uint16_t, std::uint16_t>> named;
    for (const ClassPairCount& pair : pairs) {
        in_pairs += pair.count;
        if (pair.truth == pair.predicted || pair.count == 0) {
            return fail(ErrorCode::InvalidInput, "a class taken for itself, or never, is no confusion");
        }
        named.emplace_back(pair.truth, pair.predicted);
    }
    std::sort(named.begin(), named.end());
    if (std::adjacent_find(named.begin(), named.end()) != named.end()) {
        return fail(ErrorCode::InvalidInput, "a confusion is counted twice");
    }
    if (counts.total() != errors || in_pairs != errors || errors > labelled) {
        return fail(ErrorCode::InvalidInput, std::to_string(counts.total()) + " errors by type and " +
                                                 std::to_string(in_pairs) + " by class pair are not the " +
                                                 std::to_string(errors) + " of " + std::to_string(labelled) +
                                                 " answers");
    }
    return {};
}

}  // namespace skerry::wire
