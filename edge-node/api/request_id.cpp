#include "edge-node/api/request_id.hpp"

#include <algorithm>

#include "common/base/bytes.hpp"

namespace skerry::node {

std::string RequestIds::next(TimePoint now) {
    const auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(now.time_since_epoch().count(), 0));
    if (time > millisecond_) {
        millisecond_ = time;
        counter_ = 0;
    } else if (++counter_ ==
               0x1000) {  // more than 4096 in a millisecond, or a clock that went back: borrow from the next
        ++millisecond_;
        counter_ = 0;
    }
    const std::uint64_t high = millisecond_ << 16U | 0x7000U | counter_;
    const std::uint64_t low = (random_.next() >> 2U) | std::uint64_t{1} << 63U;  // variant 10
    ByteArray<16> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::byte>(high >> (56 - 8 * i));
        bytes[8 + i] = static_cast<std::byte>(low >> (56 - 8 * i));
    }
    std::string text = to_hex(bytes);
    for (const std::size_t at : {8U, 13U, 18U, 23U})
        text.insert(at, 1, '-');
    return text;
}

}  // namespace skerry::node
