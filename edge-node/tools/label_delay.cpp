#include "edge-node/tools/label_delay.hpp"

#include <charconv>

#include "common/config/units.hpp"

namespace skerry::node {

Result<LabelDelay> parse_label_delay(std::string_view text) {
    std::uint64_t samples = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), samples);
    if (failure == std::errc() && end == text.data() + text.size()) return LabelDelay(samples);
    const auto duration = config::parse_duration(text);
    if (duration) return LabelDelay(*duration);
    return fail(ErrorCode::InvalidInput,
                "'" + std::string(text) + "' is no label delay: write a number of samples (20) or a time (50ms)");
}

}  // namespace skerry::node
