#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge-node/learner/exchange.hpp"
#include "edge-node/learning/learner_socket.hpp"
#include "edge-node/learning/shared_mapping.hpp"

namespace skerry::node {
namespace {

constexpr int kSocket = 3;  // where learner_process puts it
constexpr int kExitNotStartedByDaemon = 64;
constexpr int kExitBroken = 70;

// Serving comes first: batch scheduling and a low priority for this thread, and time that nobody else wants for the
// arithmetic (idle_time.hpp). Under memory pressure the kernel is to take us, not the daemon.
void step_behind_serving() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const sched_param none{};
    static_cast<void>(::sched_setscheduler(0, SCHED_BATCH, &none));
    static_cast<void>(::setpriority(PRIO_PROCESS, 0, 10));
    if (std::FILE* score = std::fopen("/proc/self/oom_score_adj", "w")) {
        std::fputs("500", score);
        std::fclose(score);
    }
    // Whatever else the daemon had open without close-on-exec is not ours.
    static_cast<void>(::close_range(kSocket + 1, ~0U, 0));
}

// One request from the socket, one answer to it. A request without memory of its own is about what was handed over
// last. Unavailable: the daemon has closed or is gone.
Result<> serve_one(Exchange& exchange, std::optional<SharedMapping>& mapping) {
    learner_wire::ReceivedFrame frame = SKERRY_TRY(learner_wire::receive_frame(kSocket));
    if (frame.bytes.empty()) return fail(ErrorCode::Unavailable, "the daemon has closed");
    if (frame.passed_fd) mapping = SKERRY_TRY(SharedMapping::adopt(*frame.passed_fd));
    const learner_wire::Request request = SKERRY_TRY(learner_wire::decode_request(frame.bytes));
    const auto memory = mapping ? mapping->bytes() : std::span<std::byte>();
    return learner_wire::send_frame(kSocket, learner_wire::encode(exchange.answer(request, memory)));
}

int run() {
    int type = 0;
    socklen_t length = sizeof type;
    if (::getsockopt(kSocket, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_SEQPACKET) {
        std::fputs("skerry-learner is started by skerry-node, which hands it a socket; there is nothing to do here\n",
                   stderr);
        return kExitNotStartedByDaemon;
    }
    step_behind_serving();
    prepare_torch();
    if (!learner_wire::send_frame(kSocket, learner_wire::encode(learner_wire::Answer{}))) return 0;
    IdleTime idle(prepare_torch_thread);
    Exchange exchange([&idle](const std::function<void()>& piece) { idle.run(piece); });
    std::optional<SharedMapping> mapping;
    for (;;) {
        const Result<> served = serve_one(exchange, mapping);
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
