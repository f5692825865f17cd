#include "coordinator/registry/join_limits.hpp"

namespace skerry::coordinator {

// A clock that was set back begins a new window, or nobody could join until it has caught up.
void JoinLimits::Count::renew(TimePoint now) {
    if (now < since || now >= since + kWindow) *this = {now, 0};
}

std::optional<std::chrono::milliseconds> JoinLimits::Count::wait(std::uint32_t most, TimePoint now) const {
    if (attempts < most) return std::nullopt;
    return since + kWindow - now;
}

std::optional<std::chrono::milliseconds> JoinLimits::knock(const std::optional<TokenId>& token, TimePoint now) {
    if (token) {
        if (const auto found = wrong_.find(*token); found != wrong_.end()) {
            found->second.renew(now);
            if (const auto wait = found->second.wait(kWrongSecrets, now)) return wait;
        }
    }
    Count& all = token ? holders_ : strangers_;
    all.renew(now);
    if (const auto wait = all.wait(token ? kHolders : kStrangers, now)) return wait;
    ++all.attempts;
    return std::nullopt;
}

void JoinLimits::wrong_secret(const TokenId& token, TimePoint now) {
    Count& count = wrong_[token];
    count.renew(now);
    ++count.attempts;
}

}  // namespace skerry::coordinator
