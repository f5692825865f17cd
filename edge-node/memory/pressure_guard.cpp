#include "edge-node/memory/pressure_guard.hpp"

namespace skerry::node {

std::optional<PressureGuard::Order> PressureGuard::on_reading(std::chrono::microseconds stalled, TimePoint now) {
    if (!readings_.empty() && (now < readings_.back().at || stalled < readings_.back().stalled)) readings_.clear();
    readings_.push_back({stalled, now});
    while (readings_.size() > 2 && now - readings_[1].at >= policy_.window)
        readings_.pop_front();
    const auto time = now - readings_.front().at;
    if (time < policy_.window) return std::nullopt;
    using Seconds = std::chrono::duration<double>;
    share_ = Seconds(stalled - readings_.front().stalled) / Seconds(time);
    return share_ > policy_.share_max ? on_high(now) : on_low(now);
}

std::optional<PressureGuard::Order> PressureGuard::on_high(TimePoint now) {
    low_ = false;
    if (!short_) {
        short_ = true;
        stepped_ = now;
        return std::nullopt;
    }
    if (now - stepped_ < policy_.window) return std::nullopt;
    stepped_ = now;
    const auto model = shapes_.fall_back();
    if (!model) return std::nullopt;
    return Order{Order::Kind::FallBack, *model};
}

std::optional<PressureGuard::Order> PressureGuard::on_low(TimePoint now) {
    if (!low_) {
        low_ = true;
        stepped_ = now;
    }
    if (now - stepped_ < policy_.calm) return std::nullopt;
    stepped_ = now;
    if (short_) {
        short_ = false;
        return std::nullopt;
    }
    const auto model = shapes_.recover();
    if (!model) return std::nullopt;
    return Order{Order::Kind::Recover, *model};
}

}  // namespace skerry::node
