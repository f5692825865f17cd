#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/parameters/layout.hpp"
#include "common/parameters/model_spec.hpp"
#include "common/threads/idle_time.hpp"
#include "edge-node/learning/child_process.hpp"
#include "edge-node/learning/engine.hpp"
#include "edge-node/learning/learner_wire.hpp"
#include "edge-node/learning/shared_mapping.hpp"

namespace skerry::node {

struct LearnerConfig {
    /// skerry-learner; empty: the one beside our own executable.
    std::filesystem::path program;
    /// How long it may take from its start until it has read the model. LibTorch comes from a slow disk the first time.
    std::chrono::milliseconds start_time{60'000};
    /// How long one request may take before the child is given up. A step on a Raspberry Pi takes seconds.
    std::chrono::milliseconds request_time{120'000};
    /// It leaves after so long without work: it costs 155 MB.
    std::chrono::milliseconds idle_time{60'000};
    /// The longest wait before it is started again after it died repeatedly; the first restart waits for nothing.
    std::chrono::milliseconds restart_delay_max{60'000};

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

/// The tensor engine as a child process: its crash, kill or stop costs at most the request in progress, which ends as
/// Unavailable; the next request starts it again. Nothing that it returns is trusted: sizes are ours, and whether
/// logits are finite is for the policy to see. Answers and deaths arrive on the loop's thread, which must be the only
/// one here, but for pid() and deaths(); what an answer leads to runs inside `run`, which that thread waits for, and
/// may ask for the next thing there.
class LearnerProcess final : public LearningEngine {
public:
    /// `spec` is one that has a layout. The child is started by the first request; one that finds no program ends as
    /// Unavailable, and the next looks again.
    LearnerProcess(
        boost::asio::io_context& loop, LearnerConfig config, const parameters::ModelSpec& spec,
        RunPiece run = [](const std::function<void()>& piece) { piece(); });
    ~LearnerProcess() override;

    void forward(const ForwardRequest& request, OnDone<ForwardResult> on_done) override;
    void train(const TrainRequest& request, OnDone<TrainResult> on_done) override;
    void rest() override;

    /// What a request would start. Unavailable: it is not there, in words that say what to do.
    [[nodiscard]] static Result<std::filesystem::path> program_of(const LearnerConfig& config);
    /// Of the running child; nothing while there is none. For status pages, and for tests that kill it. Any thread.
    [[nodiscard]] std::optional<pid_t> pid() const;
    /// How often a child ended that was not asked to. Any thread.
    [[nodiscard]] std::uint64_t deaths() const { return deaths_; }

private:
    enum class Phase { Absent, Greeting, Loading, Ready, Working, Leaving, Dying };

    struct ForwardJob {
        std::size_t rows;
        std::size_t exits;
        OnDone<ForwardResult> on_done;
    };
    struct TrainJob {
        std::uint64_t steps_before;
        OnDone<TrainResult> on_done;
    };
    struct Job {
        learner_wire::Request request;
        std::variant<ForwardJob, TrainJob> kind;
    };

    Result<learner_wire::Regions> prepare(const learner_wire::Counts& counts);
    void begin(Job job);
    void start_or_wait();
    void start_child();
    Result<> send_load();
    Result<> send_job();
    void listen();
    void on_frame();
    Result<> on_answer(const learner_wire::Answer& answer);
    void finish_job(const learner_wire::Answer& answer);
    Result<ForwardResult> take_logits(const learner_wire::Counts& counts, const ForwardJob& job);
    Result<TrainResult> take_training(const learner_wire::Counts& counts, const TrainJob& job,
                                      const learner_wire::Answer& answer);
    void fail_job(Error error);
    void give_up(std::string why);
    void on_exit(const std::string& how);
    void count_death();
    void pause();
    void give_back();
    void leave();
    void disarm();
    void arm(std::chrono::milliseconds time, void (LearnerProcess::*then)());
    void on_deadline();

    boost::asio::io_context& loop_;  // outlives us
    const LearnerConfig config_;
    const RunPiece run_;
    const std::string model_text_;
    const parameters::ParameterLayout layout_;
    const std::size_t row_values_;
    const std::size_t classes_;

    Phase phase_ = Phase::Absent;
    std::optional<Job> job_;
    std::optional<SharedMapping> exchange_;  ///< holds the numbers of job_
    std::uint64_t exchange_known_to_ = 0;    ///< the session whose child has been handed it
    std::optional<SharedMapping> model_;     ///< holds model_text_
    std::string why_killed_;                 ///< what we found wrong, where we killed it ourselves
    bool rests_ = false;                     ///< Dying: it was asked to rest, which is no fault of its own
    bool job_is_lost_ = false;               ///< Dying: job_ was begun with this child and ends with it
    std::uint64_t timer_uses_ = 0;           ///< tells an expiry that was queued before a cancel from a live one
    std::uint64_t sessions_ = 0;             ///< the same for a socket's readiness
    std::uint64_t next_id_ = 1;
    std::atomic<std::uint64_t> deaths_ = 0;
    std::atomic<pid_t> pid_ = 0;  ///< 0: there is no child
    std::size_t deaths_in_a_row_ = 0;
    std::chrono::steady_clock::time_point not_before_{};
    boost::asio::steady_timer timer_;  ///< the deadline, the restart delay or the idle time
    std::optional<boost::asio::posix::stream_descriptor> socket_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    std::optional<ChildProcess> child_;  // last member: ended before what it uses is gone
};

}  // namespace skerry::node
