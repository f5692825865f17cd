#include "edge-node/daemon/memory_watch.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include "common/base/heap.hpp"
#include "common/observe/log.hpp"

namespace skerry::node {

namespace log = observe::log;

namespace {

constexpr std::chrono::milliseconds kTickCalm{1000};
/// While the device is short of memory: a step back should not wait for the next second.
constexpr std::chrono::milliseconds kTickShort{250};
constexpr std::chrono::seconds kTrimInterval{1};
/// JSON takes several bytes for each of a sample's, and lies beside it while it is read.
constexpr std::uint64_t kBodyFactor = 2;

}  // namespace

std::uint64_t MemoryWatch::Task::batch_need(std::size_t samples, std::size_t bytes) const {
    return TaskNeed(account.sample * samples + kBodyFactor * bytes).bytes();
}

MemoryWatch::MemoryWatch(boost::asio::io_context& loop, const MemoryConfig& config, MemorySources sources, Hands hands)
    : sources_(std::move(sources)),
      hands_(std::move(hands)),
      budget_(MemoryBudget::of(config.budget > 0 ? std::optional(config.budget) : std::nullopt)),
      guard_({.share_max = config.pressure_max}),
      timer_(loop) {}

void MemoryWatch::add(std::string name, const TensorAccount& account) {
    guard_.add(tasks_.size());
    tasks_.emplace_back(std::move(name), account);
}

Result<> MemoryWatch::start() {
    measure();
    if (budget_->slots(1) == 0) {
        return fail(ErrorCode::InvalidInput, "the memory budget of " + megabytes(*budget_->bytes()) +
                                                 " does not hold this node: " + megabytes(budget_->shared()) +
                                                 " are held before it does anything, and " +
                                                 megabytes(budget_->reserve()) +
                                                 " stay in reserve. Raise --memory-budget, or host fewer models");
    }
    tick();
    return {};
}

void MemoryWatch::tick() {
    measure();
    const TimePoint now = Clock::now();
    read_pressure(now);
    for (Model model = 0; model < tasks_.size(); ++model) {
        if (std::exchange(tasks_[model].asks_again, false)) hands_.ask_again(model);
    }
    timer_.expires_after(guard_.calm() ? kTickCalm : kTickShort);
    timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code cancelled) {
        if (!cancelled && !alive.expired()) tick();
    });
}

void MemoryWatch::measure() {
    for (Model model = 0; model < tasks_.size(); ++model) {
        Task& task = tasks_[model];
        const auto child = hands_.learner(model);
        if (const auto held = child ? sources_.memory_of(*child) : std::nullopt) {
            task.learning_need.measured(*held + task.account.snapshot);
        }
        if (!child && !task.is_learning) task.learning = MemoryLease();
    }
    if (!budget_->bytes()) return;
    const std::uint64_t held = sources_.memory_of(::getpid()).value_or(0);
    const std::uint64_t of_tasks = budget_->promised(MemoryUse::Batch) + budget_->promised(MemoryUse::Install);
    std::uint64_t weights = 0;
    for (const Task& task : tasks_)
        weights += task.account.snapshot;
    budget_->set_shared(std::max(weights, held - std::min(held, of_tasks)));
}

void MemoryWatch::read_pressure(TimePoint now) {
    const auto stalled = sources_.stalled();
    knows_pressure_ = stalled.has_value();
    if (!stalled) return;
    const bool before = guard_.short_of_memory();
    const auto order = guard_.on_reading(*stalled, now);
    if (guard_.short_of_memory() != before) {
        log::event(before ? log::Level::Info : log::Level::Warning, before ? "memory_calm" : "memory_short",
                   {{"stalled_share", guard_.share()},
                    {"consequence", before ? "large requests and learning begin again"
                                           : "large requests are refused and learning waits; single samples go on"}});
    }
    if (order) perform(*order);
}

void MemoryWatch::perform(PressureGuard::Order order) {
    Task& task = tasks_[order.model];
    if (order.kind == PressureGuard::Order::Kind::FallBack) {
        log::warning("fell_back", {{"reason", shortage()},
                                   {"consequence", "the light tier answers, single samples only; its learner stops"},
                                   {"model", task.name}});
        hands_.rest(order.model);
    } else {
        log::info("recovered", {{"consequence", "all tiers, whole batches and learning"}, {"model", task.name}});
        task.asks_again = true;
    }
}

std::string MemoryWatch::shortage() const {
    if (!guard_.short_of_memory())
        return "the device was short of memory a moment ago, and has to stay calm for a while";
    return "the device is short of memory: tasks stalled for it in " +
           std::to_string(static_cast<int>(100 * guard_.share())) + " % of the last second";
}

Result<> MemoryWatch::fits(std::uint64_t need) {
    if (budget_->fits(need)) return {};
    // What was freed may still be held by the allocator.
    const auto now = std::chrono::steady_clock::now();
    if (now - trimmed_ >= kTrimInterval) {
        trimmed_ = now;
        give_back_freed_memory();
        measure();
    }
    return budget_->fits(need);
}

void MemoryWatch::wait(Task& task, MemoryUse use, std::string why) {
    std::string waits = std::string(use == MemoryUse::Learning ? "learning" : "a new version") + " waits: " + why;
    if (task.waits.empty()) {
        ++refused_[static_cast<std::size_t>(use)];
        log::warning("waits_for_memory", {{"reason", waits}, {"model", task.name}});
    }
    task.waits = std::move(waits);
    task.asks_again = true;
}

Result<MemoryLease> MemoryWatch::admit_batch(Model model, std::size_t samples, std::size_t bytes) {
    const Task& task = tasks_[model];
    const auto refuse = [&](std::string why) {
        ++refused_[static_cast<std::size_t>(MemoryUse::Batch)];
        return fail(ErrorCode::Unavailable, std::move(why));
    };
    if (samples > 1 && (guard_.short_of_memory() || is_base(model))) {
        return refuse(shortage() + "; send single samples, or come back later");
    }
    const std::uint64_t need = task.batch_need(samples, bytes);
    if (const auto enough = fits(need); !enough) {
        return refuse("no memory for a request of " + std::to_string(samples) +
                      (samples == 1 ? " sample: " : " samples: ") + enough.error().message +
                      (samples == 1 ? "" : "; send fewer samples together, or come back later"));
    }
    return budget_->admit(MemoryUse::Batch, need);
}

Result<MemoryLease> MemoryWatch::admit_install(Model model) {
    Task& task = tasks_[model];
    const std::uint64_t need = task.install_need();
    const auto enough = fits(need);
    if (!enough) {
        for (Model other = 0; other < tasks_.size(); ++other)
            if (!tasks_[other].is_learning && tasks_[other].learning.need() > 0) hands_.rest(other);
        wait(task, MemoryUse::Install, enough.error().message);
        return tl::unexpected(enough.error());
    }
    task.waits.clear();
    return budget_->admit(MemoryUse::Install, need);
}

bool MemoryWatch::may_learn(Model model) {
    Task& task = tasks_[model];
    if (guard_.short_of_memory() || is_base(model)) {
        wait(task, MemoryUse::Learning, shortage());
        return false;
    }
    const bool has_child = task.learning.need() > 0;
    const auto enough = has_child ? Result<>() : fits(task.learning_need.bytes());
    if (!task.steady.believes(enough.has_value(), Clock::now())) {
        for (Model other = 0; other < tasks_.size(); ++other)
            if (!enough && !tasks_[other].is_learning && tasks_[other].learning.need() > 0) hands_.rest(other);
        wait(task, MemoryUse::Learning,
             enough ? "there is room again, and it has to stay for two seconds"
                    : "for its learner " + enough.error().message);
        return false;
    }
    task.waits.clear();
    return true;
}

void MemoryWatch::begin_learning(Model model) {
    Task& task = tasks_[model];
    task.is_learning = true;
    if (task.learning.need() > 0) return;
    if (auto lease = budget_->admit(MemoryUse::Learning, task.learning_need.bytes())) task.learning = std::move(*lease);
}

void MemoryWatch::end_learning(Model model) {
    Task& task = tasks_[model];
    task.is_learning = false;
    measure();
}

MemoryFacts MemoryWatch::facts(Model model, std::size_t batch_max) const {
    const Task& task = tasks_[model];
    MemoryFacts facts;
    facts.budget = budget_->bytes();
    facts.shared = budget_->shared();
    facts.reserve = budget_->reserve();
    for (std::size_t use = 0; use < kMemoryUses; ++use)
        facts.promised[use] = budget_->promised(static_cast<MemoryUse>(use));
    facts.refused = refused_;
    if (knows_pressure_) facts.pressure = guard_.share();
    facts.short_of_memory = guard_.short_of_memory();
    facts.base = is_base(model);
    facts.base_need = task.batch_need(1, task.account.sample);
    facts.enhanced_need =
        std::max(task.learning_need.bytes(), task.batch_need(batch_max, batch_max * task.account.sample));
    facts.base_slots = budget_->slots(facts.base_need);
    facts.enhanced_slots = budget_->slots(facts.enhanced_need);
    facts.waits = task.waits;
    return facts;
}

}  // namespace skerry::node
