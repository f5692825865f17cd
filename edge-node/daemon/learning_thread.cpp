#include "edge-node/daemon/learning_thread.hpp"

#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

namespace skerry::node {
namespace {

constexpr int kNice = 10;

// Signals are the loop's business. The priority is this thread's alone, on Linux (setpriority(2)).
void step_behind_serving() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice));
}

}  // namespace

LearningThread::LearningThread()
    : idle_(step_behind_serving), thread_([this] {
          step_behind_serving();
          loop_.run();
      }) {}

void LearningThread::stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
}

}  // namespace skerry::node
