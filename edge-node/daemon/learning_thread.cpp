#include "edge-node/daemon/learning_thread.hpp"

#include "common/threads/helper_thread.hpp"

namespace skerry::node {
namespace {

constexpr int kNice = 10;

void step_behind_serving() {
    become_helper(kNice);
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
