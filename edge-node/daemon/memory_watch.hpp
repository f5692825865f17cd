#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "edge-node/memory/memory_config.hpp"
#include "edge-node/memory/memory_facts.hpp"
#include "edge-node/memory/memory_sources.hpp"
#include "edge-node/memory/pressure_guard.hpp"
#include "edge-node/memory/steady_yes.hpp"
#include "edge-node/memory/task_need.hpp"

namespace skerry::node {

/// Measures what the process and its learners hold, and lets tasks begin while that fits: the shell of memory/. Batches
/// and installs live in the process, so their needs are accounted and the rest of what it holds is measured; a learner
/// is a process of its own and is measured whole. Loop thread only.
class MemoryWatch {
public:
    using Model = std::size_t;
    /// What the owner of the models does for it.
    struct Hands {
        std::function<std::optional<pid_t>(Model)> learner;  ///< its running child
        std::function<void(Model)> rest;                     ///< the child ends, whatever it does
        std::function<void(Model)> ask_again;                ///< what it was refused may be granted now
    };

    MemoryWatch(boost::asio::io_context& loop, const MemoryConfig& config, MemorySources sources, Hands hands);

    /// A model of that name joins; they are numbered from 0.
    void add(std::string name, const TensorAccount& account);
    /// Measures, and goes on doing so. InvalidInput: the budget does not hold what there is already.
    [[nodiscard]] Result<> start();

    /// For the answers to so many samples, which hold `bytes` while they wait. Unavailable: not now, in a sentence.
    [[nodiscard]] Result<MemoryLease> admit_batch(Model model, std::size_t samples, std::size_t bytes);
    [[nodiscard]] Result<MemoryLease> admit_install(Model model);
    /// Whether its learner fits; after a no, `ask_again`.
    [[nodiscard]] bool may_learn(Model model);
    /// After may_learn() said yes. The memory is its own until the child has left.
    void begin_learning(Model model);
    void end_learning(Model model);

    [[nodiscard]] bool is_base(Model model) const { return guard_.is_base(model); }
    [[nodiscard]] MemoryFacts facts(Model model, std::size_t batch_max) const;

private:
    struct Task {
        explicit Task(std::string model, const TensorAccount& tensors)
            : name(std::move(model)), account(tensors), learning_need(tensors.learning) {}
        [[nodiscard]] std::uint64_t batch_need(std::size_t samples, std::size_t bytes) const;
        [[nodiscard]] std::uint64_t install_need() const { return TaskNeed(account.install).bytes(); }

        std::string name;
        TensorAccount account;
        TaskNeed learning_need;
        MemoryLease learning;  ///< while there is a child
        bool is_learning = false;
        SteadyYes steady{std::chrono::milliseconds(2000)};
        std::string waits;
        bool asks_again = false;
    };

    void tick();
    void measure();
    void read_pressure(TimePoint now);
    void perform(PressureGuard::Order order);
    [[nodiscard]] std::string shortage() const;
    [[nodiscard]] Result<> fits(std::uint64_t need);
    void wait(Task& task, MemoryUse use, std::string why);

    MemorySources sources_;
    Hands hands_;
    std::shared_ptr<MemoryBudget> budget_;
    PressureGuard guard_;
    bool knows_pressure_ = false;
    std::vector<Task> tasks_;
    std::array<std::uint64_t, kMemoryUses> refused_{};
    std::chrono::steady_clock::time_point trimmed_{};
    boost::asio::steady_timer timer_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace skerry::node
