#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <set>

namespace skerry::node {

/// Who may learn, where several models share one machine: each learner is a busy process, and serving needs the rest of
/// the cores. As many at once as `at_once`; those that wait go in the order in which they first asked, so that a model
/// with many labels does not starve one with few. One thread at a time.
class LearnerTurns {
public:
    using Model = std::size_t;

    explicit LearnerTurns(std::size_t at_once) : at_once_(at_once) {}

    /// True: its turn has begun, until end(). False: it has a place in the row, and asks again when it hears that a
    /// turn has ended. Not while it has one.
    [[nodiscard]] bool begin(Model model);
    /// Ends its turn. Whoever has none gives up its place in the row.
    void end(Model model);
    /// Gives up its place in the row; a turn that it has goes on.
    void give_up(Model model) { std::erase(waiting_, model); }
    /// Somebody has a turn.
    [[nodiscard]] bool busy() const { return !learning_.empty(); }
    /// Who should ask again now; nothing: nobody waits, or no turn is free.
    [[nodiscard]] std::optional<Model> next() const;

private:
    std::size_t at_once_;
    std::set<Model> learning_;
    std::deque<Model> waiting_;
};

/// Turns for a machine with so many cores of which `workers` serve: the others, and one at least.
[[nodiscard]] constexpr std::size_t learners_at_once(std::size_t cores, std::size_t workers) {
    return cores > workers + 1 ? cores - workers : 1;
}

}  // namespace skerry::node
