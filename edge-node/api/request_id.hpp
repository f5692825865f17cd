#pragma once

#include <string>

#include "common/base/random.hpp"
#include "common/base/time.hpp"

namespace skerry::node {

/// Ids for requests whose client gave none: "01958f2a-…", a UUID version 7 (RFC 9562 §5.7), which sorts by time.
/// Ids of one source rise, also within a millisecond. Not secret. One thread at a time.
class RequestIds {
public:
    /// The seed only has to differ between starts.
    explicit RequestIds(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] std::string next(TimePoint now);

private:
    Random random_;
    std::uint64_t millisecond_ = 0;
    std::uint64_t counter_ = 0;  ///< 12 bits, within the millisecond
};

}  // namespace skerry::node
