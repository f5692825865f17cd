#include "edge-node/daemon/learning_thread.hpp"

#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

namespace skerry::node {
namespace {

constexpr int kNice = 10;

}  // namespace

LearningThread::LearningThread()
    : thread_([this] {
          // Signals are the loop's business.
          sigset_t all;
          sigfillset(&all);
          pthread_sigmask(SIG_BLOCK, &all, nullptr);
          // Of this thread alone, on Linux (setpriority(2)).
          static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice));
          loop_.run();
      }) {}

void LearningThread::stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
}

}  // namespace skerry::node
