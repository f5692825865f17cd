#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge-node/learner/exchange.hpp"
#include "edge-node/learning/learner_socket.hpp"
#include "edge-node/learning/scheduling_choice.hpp"
#include "edge-node/learning/shared_mapping.hpp"

namespace skerry::node {
namespace {

constexpr int kSocket = 3;  // where learner_process puts it
constexpr int kExitNotStartedByDaemon = 64;
constexpr int kExitBroken = 70;
constexpr int kNice = 10;

void enter(SchedulingChoice::Class chosen) {
    const sched_param none{};
    static_cast<void>(
        ::sched_setscheduler(0, chosen == SchedulingChoice::Class::Idle ? SCHED_IDLE : SCHED_BATCH, &none));
}

// Who may lower its nice value may also leave the idle class again: with CAP_SYS_NICE, or a limit of LimitNICE=.
bool may_leave_idle_class() {
    if (::setpriority(PRIO_PROCESS, 0, kNice - 1) != 0) return false;
    static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNice));
    return true;
}

std::chrono::nanoseconds time_of(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Serving comes first: a low priority and the idle class, or batch scheduling where the idle class would be for ever.
// Under memory pressure the kernel is to take us, not the daemon. True: in the idle class.
bool step_behind_serving() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNice));
    const bool idle = may_leave_idle_class();
    enter(idle ? SchedulingChoice::Class::Idle : SchedulingChoice::Class::Batch);
    if (std::FILE* score = std::fopen("/proc/self/oom_score_adj", "w")) {
        std::fputs("500", score);
        std::fclose(score);
    }
    // Whatever else the daemon had open without close-on-exec is not ours.
    static_cast<void>(::close_range(kSocket + 1, ~0U, 0));
    return idle;
}

// One request from the socket, one answer to it; `scheduling`, where there is a choice, hears how it went. Unavailable:
// the daemon has closed or is gone.
Result<> serve_one(Exchange& exchange, SchedulingChoice* scheduling) {
    learner_wire::ReceivedFrame frame = SKERRY_TRY(learner_wire::receive_frame(kSocket));
    if (frame.bytes.empty()) return fail(ErrorCode::Unavailable, "the daemon has closed");
    std::optional<SharedMapping> mapping;
    if (frame.passed_fd) mapping = SKERRY_TRY(SharedMapping::adopt(*frame.passed_fd));
    const learner_wire::Request request = SKERRY_TRY(learner_wire::decode_request(frame.bytes));
    const auto memory = mapping ? mapping->bytes() : std::span<std::byte>();
    const auto began = time_of(CLOCK_MONOTONIC);
    const auto computed = time_of(CLOCK_THREAD_CPUTIME_ID);
    const learner_wire::Answer answer = exchange.answer(request, memory);
    if (scheduling != nullptr)
        enter(scheduling->after(time_of(CLOCK_MONOTONIC) - began, time_of(CLOCK_THREAD_CPUTIME_ID) - computed));
    return learner_wire::send_frame(kSocket, learner_wire::encode(answer));
}

int run() {
    int type = 0;
    socklen_t length = sizeof type;
    if (::getsockopt(kSocket, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_SEQPACKET) {
        std::fputs("skerry-learner is started by skerry-node, which hands it a socket; there is nothing to do here\n",
                   stderr);
        return kExitNotStartedByDaemon;
    }
    SchedulingChoice choice;
    SchedulingChoice* const scheduling = step_behind_serving() ? &choice : nullptr;
    prepare_torch();
    if (!learner_wire::send_frame(kSocket, learner_wire::encode(learner_wire::Answer{}))) return 0;
    Exchange exchange;
    for (;;) {
        const Result<> served = serve_one(exchange, scheduling);
        if (served) continue;
        if (served.error().code == ErrorCode::Unavailable) return 0;
        std::fprintf(stderr, "skerry-learner: %s\n", served.error().message.c_str());
        return kExitBroken;
    }
}

}  // namespace
}  // namespace skerry::node

int main() {
    // Without the library's global destructors, which take longer than all else at the end.
    std::_Exit(skerry::node::run());
}
