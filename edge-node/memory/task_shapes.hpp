#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace skerry::node {

/// In which shape each hosted model works: enhanced (all tiers it holds, whole batches, a learner) or base (the light
/// tier, one sample a request, no learner). The newest enhanced one falls back first, and the last that fell is the
/// first to recover. One thread at a time.
class TaskShapes {
public:
    using Model = std::size_t;

    /// A model begins enhanced.
    void add(Model model) { enhanced_.push_back(model); }
    /// The one that falls back; nothing: all have.
    std::optional<Model> fall_back() { return move_last(enhanced_, fallen_); }
    /// The one that recovers; nothing: none had fallen.
    std::optional<Model> recover() { return move_last(fallen_, enhanced_); }
    [[nodiscard]] bool any_base() const { return !fallen_.empty(); }
    [[nodiscard]] bool is_base(Model model) const {
        return std::find(fallen_.begin(), fallen_.end(), model) != fallen_.end();
    }

private:
    static std::optional<Model> move_last(std::vector<Model>& from, std::vector<Model>& to) {
        if (from.empty()) return std::nullopt;
        to.push_back(from.back());
        from.pop_back();
        return to.back();
    }

    std::vector<Model> enhanced_;  ///< in the order in which they became so
    std::vector<Model> fallen_;
};

}  // namespace skerry::node
