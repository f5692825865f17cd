#include "edge-node/learning/learner_process.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <boost/asio/post.hpp>

#include "edge-node/learning/learner_socket.hpp"

namespace skerry::node {
namespace {

using learner_wire::Answer;
using learner_wire::Counts;
using learner_wire::Regions;
using learner_wire::Verb;
using std::chrono::milliseconds;

constexpr milliseconds kRestartDelayFirst{1000};
constexpr milliseconds kLeaveTime{5000};
constexpr milliseconds kTimeMin{10};

bool all_finite(std::span<const float> values) {
    return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

std::span<float> copy_into(std::span<const float> from, std::span<float> to) {
    std::copy(from.begin(), from.end(), to.begin());
    return to;
}

}  // namespace

std::vector<std::string> LearnerConfig::problems() const {
    std::vector<std::string> problems;
    if (start_time < kTimeMin) problems.emplace_back("learner.start_time must be at least 10ms");
    if (request_time < kTimeMin) problems.emplace_back("learner.request_time must be at least 10ms");
    if (idle_time < milliseconds(1)) problems.emplace_back("learner.idle_time must be at least 1ms");
    if (restart_delay_max < milliseconds(0)) problems.emplace_back("learner.restart_delay_max must not be negative");
    return problems;
}

Result<std::filesystem::path> LearnerProcess::program_of(const LearnerConfig& config) {
    std::error_code failed;
    const std::filesystem::path program =
        config.program.empty()
            ? std::filesystem::read_symlink("/proc/self/exe", failed).parent_path() / "skerry-learner"
            : config.program;
    if (::access(program.c_str(), X_OK) == 0) return program;
    return fail(ErrorCode::Unavailable, "there is no learner at " + program.string() +
                                            ": install skerry-learner beside skerry-node, or name it as "
                                            "learner.program in the configuration");
}

LearnerProcess::LearnerProcess(boost::asio::io_context& loop, LearnerConfig config, const parameters::ModelSpec& spec,
                               RunPiece run)
    : loop_(loop),
      config_(std::move(config)),
      run_(std::move(run)),
      model_text_(parameters::canonical_text(spec)),
      layout_(parameters::ParameterLayout::of(spec).value()),
      row_values_(spec.input.values()),
      classes_(spec.classes.size()),
      timer_(loop) {}

LearnerProcess::~LearnerProcess() = default;

std::optional<pid_t> LearnerProcess::pid() const {
    const pid_t pid = pid_;
    return pid > 0 ? std::optional(pid) : std::nullopt;
}

void LearnerProcess::forward(const ForwardRequest& request, OnDone<ForwardResult> on_done) {
    const auto prepared = [&]() -> Result<Job> {
        if (job_) return fail(ErrorCode::Conflict, "the learner is busy with another request");
        const std::size_t exits =
            static_cast<std::size_t>(SKERRY_TRY(layout_.tier_of_prefix(request.parameters.size()))) + 1;
        if (request.rows.empty() || request.rows.size() % row_values_ != 0) {
            return fail(ErrorCode::InvalidInput, "the values are no whole number of rows");
        }
        const std::size_t rows = request.rows.size() / row_values_;
        Counts counts;
        counts.parameters = request.parameters.size();
        counts.rows = request.rows.size();
        counts.logits = rows * exits * classes_;
        const Regions regions = SKERRY_TRY(prepare(counts));
        copy_into(request.parameters, regions.parameters);
        copy_into(request.rows, regions.rows);
        return Job{{Verb::Forward, next_id_++, counts, 0}, ForwardJob{rows, exits, on_done}};
    };
    Result<Job> job = prepared();
    job ? begin(std::move(*job)) : on_done(tl::unexpected(std::move(job).error()));
}

void LearnerProcess::train(const TrainRequest& request, OnDone<TrainResult> on_done) {
    const auto prepared = [&]() -> Result<Job> {
        if (job_) return fail(ErrorCode::Conflict, "the learner is busy with another request");
        const std::size_t size = request.parameters.size();
        SKERRY_TRY(layout_.tier_of_prefix(size));
        const OptimiserState& optimiser = request.optimiser;
        const std::size_t memory = shape_of(request.plan.optimiser).vectors * size;
        const bool fresh = optimiser.memory.empty() && optimiser.steps == 0;
        if (!fresh && optimiser.memory.size() != memory) {
            return fail(ErrorCode::InvalidInput, "the optimiser's memory does not fit the parameters");
        }
        const Bytes plan = learner_wire::encode(request.plan);
        Counts counts;
        counts.text = plan.size();
        counts.parameters = size;
        counts.memory = memory;
        counts.rows = request.rows.size();
        counts.targets = request.targets.size();
        counts.anchor = request.anchor.size();
        counts.losses = request.plan.steps.size();
        const Regions regions = SKERRY_TRY(prepare(counts));
        std::copy(plan.begin(), plan.end(), regions.text.begin());
        copy_into(request.parameters, regions.parameters);
        copy_into(request.rows, regions.rows);
        copy_into(request.targets, regions.targets);
        copy_into(request.anchor, regions.anchor);
        std::fill(regions.memory.begin(), regions.memory.end(), 0.0F);
        copy_into(optimiser.memory, regions.memory);
        return Job{{Verb::Train, next_id_++, counts, optimiser.steps}, TrainJob{optimiser.steps, on_done}};
    };
    Result<Job> job = prepared();
    job ? begin(std::move(*job)) : on_done(tl::unexpected(std::move(job).error()));
}

Result<Regions> LearnerProcess::prepare(const Counts& counts) {
    const std::size_t bytes = SKERRY_TRY(learner_wire::bytes_for(counts));
    // Half as much again: the next request is seldom much larger, and a mapping cannot grow.
    if (!exchange_ || exchange_->bytes().size() < bytes) {
        exchange_.reset();
        exchange_ = SKERRY_TRY(SharedMapping::create(bytes + bytes / 2));
    }
    return learner_wire::regions_in(exchange_->bytes(), counts);
}

void LearnerProcess::begin(Job job) {
    job_ = std::move(job);
    if (phase_ == Phase::Absent) {
        // On the loop's thread: a child dies with the thread that starts it, and has its scheduling class.
        return boost::asio::post(loop_, [this, weak = std::weak_ptr(alive_)] {
            if (!weak.expired() && job_ && phase_ == Phase::Absent) start_or_wait();
        });
    }
    if (phase_ != Phase::Ready) return;  // Leaving or Dying: on_exit starts the next child
    if (const auto sent = send_job(); !sent) give_up(sent.error().message);
}

void LearnerProcess::start_or_wait() {
    const auto now = std::chrono::steady_clock::now();
    if (now >= not_before_) return start_child();
    arm(std::chrono::ceil<milliseconds>(not_before_ - now), &LearnerProcess::start_child);
}

void LearnerProcess::start_child() {
    const auto program = program_of(config_);
    if (!program) return fail_job(program.error());
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return fail_job(
            {ErrorCode::Unavailable, "no socket for the learner: " + std::generic_category().message(errno)});
    }
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    socket_.emplace(loop_, ends[0]);
    ++sessions_;
    auto child = ChildProcess::start(loop_, *program, ends[1], [this](const std::string& how) { on_exit(how); });
    ::close(ends[1]);
    if (!child) {
        socket_.reset();
        return fail_job(std::move(child).error());
    }
    child_.emplace(std::move(*child));
    pid_ = child_->pid();
    phase_ = Phase::Greeting;
    why_killed_.clear();
    listen();
    arm(config_.start_time, &LearnerProcess::on_deadline);
}

Result<> LearnerProcess::send_load() {
    learner_wire::Request request;
    request.verb = Verb::Load;
    request.counts.text = model_text_.size();
    if (!model_) {
        model_ = SKERRY_TRY(SharedMapping::create(SKERRY_TRY(learner_wire::bytes_for(request.counts))));
        const Regions regions = SKERRY_TRY(learner_wire::regions_in(model_->bytes(), request.counts));
        std::copy_n(bytes_of(model_text_).begin(), model_text_.size(), regions.text.begin());
    }
    phase_ = Phase::Loading;
    return learner_wire::send_frame(socket_->native_handle(), learner_wire::encode(request), model_->fd());
}

Result<> LearnerProcess::send_job() {
    phase_ = Phase::Working;
    arm(config_.request_time, &LearnerProcess::on_deadline);
    return learner_wire::send_frame(socket_->native_handle(), learner_wire::encode(job_->request), exchange_->fd());
}

void LearnerProcess::listen() {
    socket_->async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [this, weak = std::weak_ptr(alive_), session = sessions_](const auto& failed) {
                            if (!failed && !weak.expired() && socket_ && session == sessions_) on_frame();
                        });
}

void LearnerProcess::on_frame() {
    const auto frame = learner_wire::receive_frame(socket_->native_handle());
    if (!frame) return give_up(frame.error().message);
    if (frame->passed_fd) {
        ::close(*frame->passed_fd);
        return give_up("it sent a descriptor that nobody asked for");
    }
    if (frame->bytes.empty()) return give_up({});  // closed: how it ended is told by on_exit
    const auto answer = learner_wire::decode_answer(frame->bytes);
    if (!answer) return give_up(answer.error().message);
    listen();
    if (const auto taken = on_answer(*answer); !taken) give_up(taken.error().message);
}

Result<> LearnerProcess::on_answer(const Answer& answer) {
    const auto unexpected = [] { return fail(ErrorCode::InvalidInput, "an answer that nobody asked for"); };
    if (phase_ == Phase::Greeting && answer.verb == Verb::Hello && answer.ok) return send_load();
    if (phase_ == Phase::Loading && answer.verb == Verb::Load) {
        if (!answer.ok) return fail(answer.code, answer.message);
        if (job_) return send_job();
        phase_ = Phase::Ready;
        arm(config_.idle_time, &LearnerProcess::leave);
        return {};
    }
    if (phase_ != Phase::Working || !job_) return unexpected();
    if (answer.verb != job_->request.verb || answer.id != job_->request.id) return unexpected();
    phase_ = Phase::Ready;
    deaths_in_a_row_ = 0;
    arm(config_.idle_time, &LearnerProcess::leave);
    run_([&] { finish_job(answer); });
    if (!job_) exchange_.reset();  // the trigger is over; its numbers are as large as several models
    return {};
}

void LearnerProcess::finish_job(const Answer& answer) {
    const Job job = std::move(*job_);
    job_.reset();  // before the callback, which may ask for the next
    const auto deliver = [&](const auto& kind, auto take) {
        if (answer.ok) return kind.on_done(take());
        kind.on_done(fail(answer.code, "the learner refused: " + answer.message));
    };
    if (const auto* forward = std::get_if<ForwardJob>(&job.kind)) {
        deliver(*forward, [&] { return take_logits(job.request.counts, *forward); });
    } else {
        const auto& train = std::get<TrainJob>(job.kind);
        deliver(train, [&] { return take_training(job.request.counts, train, answer); });
    }
}

Result<ForwardResult> LearnerProcess::take_logits(const Counts& counts, const ForwardJob& job) {
    const Regions regions = SKERRY_TRY(learner_wire::regions_in(exchange_->bytes(), counts));
    return ForwardResult{job.rows, job.exits, classes_, {regions.logits.begin(), regions.logits.end()}};
}

Result<TrainResult> LearnerProcess::take_training(const Counts& counts, const TrainJob& job, const Answer& answer) {
    const Regions regions = SKERRY_TRY(learner_wire::regions_in(exchange_->bytes(), counts));
    TrainResult result;
    result.parameters.assign(regions.parameters.begin(), regions.parameters.end());
    result.optimiser.memory.assign(regions.memory.begin(), regions.memory.end());
    result.optimiser.steps = job.steps_before + counts.losses;
    result.losses.assign(regions.losses.begin(), regions.losses.end());
    result.learning_rate = answer.learning_rate;
    result.finite = answer.finite && std::isfinite(result.learning_rate) && all_finite(result.parameters) &&
                    all_finite(result.optimiser.memory) && all_finite(result.losses);
    return result;
}

void LearnerProcess::fail_job(Error error) {
    if (!job_) return;
    const Job job = std::move(*job_);
    job_.reset();
    std::visit([&](const auto& kind) { kind.on_done(tl::unexpected(std::move(error))); }, job.kind);
}

void LearnerProcess::give_up(std::string why) {
    if (phase_ == Phase::Dying) return;
    why_killed_ = std::move(why);
    job_is_lost_ = job_.has_value() && phase_ != Phase::Leaving;
    phase_ = phase_ == Phase::Leaving ? Phase::Leaving : Phase::Dying;
    socket_.reset();
    child_->kill();
}

void LearnerProcess::rest() {
    if (phase_ == Phase::Absent) {
        disarm();  // of a restart that is being waited for
        return fail_job({ErrorCode::Unavailable, "the learner was asked to rest; nothing is lost"});
    }
    if (phase_ == Phase::Ready) return leave();
    if (phase_ == Phase::Leaving || phase_ == Phase::Dying) return;
    rests_ = true;
    give_up("it was asked to rest");
}

void LearnerProcess::on_deadline() {
    give_up("it took longer than it may");
}

void LearnerProcess::leave() {
    phase_ = Phase::Leaving;
    socket_.reset();  // tells it to end
    arm(kLeaveTime, &LearnerProcess::on_deadline);
}

void LearnerProcess::on_exit(const std::string& how) {
    disarm();
    socket_.reset();
    child_.reset();
    pid_ = 0;
    const Phase before = std::exchange(phase_, Phase::Absent);
    const bool lost = before == Phase::Dying ? job_is_lost_ : before != Phase::Leaving;
    if (!std::exchange(rests_, false) && before != Phase::Leaving) count_death();
    if (!job_) return;
    if (!lost) return start_or_wait();
    fail_job({ErrorCode::Unavailable, "the learner " + how +
                                          (why_killed_.empty() ? "" : " after this: " + why_killed_) +
                                          "; nothing is lost, the next step starts it again"});
}

void LearnerProcess::count_death() {
    ++deaths_;
    // The first restart waits for nothing; then 1 s, 2 s, 4 s …
    if (const std::size_t again = deaths_in_a_row_++; again > 0) {
        const auto delay = kRestartDelayFirst * (std::int64_t{1} << std::min<std::size_t>(again - 1, 16));
        not_before_ = std::chrono::steady_clock::now() + std::min(delay, config_.restart_delay_max);
    }
}

void LearnerProcess::disarm() {
    ++timer_uses_;
    timer_.cancel();
}

void LearnerProcess::arm(milliseconds time, void (LearnerProcess::*then)()) {
    timer_.expires_after(time);
    timer_.async_wait([this, then, weak = std::weak_ptr(alive_), use = ++timer_uses_](const auto& cancelled) {
        if (!cancelled && !weak.expired() && use == timer_uses_) (this->*then)();
    });
}

}  // namespace skerry::node
