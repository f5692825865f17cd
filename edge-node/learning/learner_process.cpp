#include "edge-node/learning/learner_process.hpp"

#include <algorithm>
#include <cerrno>
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
using learner_wire::Regions;
using learner_wire::Verb;
using std::chrono::milliseconds;

constexpr milliseconds kRestartDelayFirst{1000};
constexpr milliseconds kLeaveTime{5000};
constexpr milliseconds kTimeMin{10};
/// What a step used is used again by the next, if that begins so soon; to map it anew costs some µs a page.
constexpr milliseconds kUseAgain{15000};

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
    const bool known = std::exchange(exchange_known_to_, sessions_) == sessions_;
    return learner_wire::send_frame(socket_->native_handle(), learner_wire::encode(job_->request),
                                    known ? std::nullopt : std::optional(exchange_->fd()));
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
        pause();
        return {};
    }
    if (phase_ != Phase::Working || !job_) return unexpected();
    if (answer.verb != job_->request.verb || answer.id != job_->request.id) return unexpected();
    phase_ = Phase::Ready;
    deaths_in_a_row_ = 0;
    pause();
    run_([&] { finish_job(answer); });
    return {};
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

void LearnerProcess::pause() {
    const bool leaves_first = config_.idle_time <= kUseAgain;
    arm(leaves_first ? config_.idle_time : kUseAgain,
        leaves_first ? &LearnerProcess::leave : &LearnerProcess::give_back);
}

// The step is over; its numbers are as large as several models.
void LearnerProcess::give_back() {
    if (exchange_) exchange_->give_back();
    arm(config_.idle_time - kUseAgain, &LearnerProcess::leave);
}

void LearnerProcess::leave() {
    phase_ = Phase::Leaving;
    exchange_.reset();
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
