#include "common/threads/helper_thread.hpp"

#include <algorithm>
#include <csignal>
#include <sched.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace skerry {
namespace {

int nice_of_this_thread() {
    return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
}

TEST(HelperThread, DoesNotPutAsideWhoWakesItIsHumblerAsAskedAndLeavesSignalsToTheLoop) {
    const int nice_before = nice_of_this_thread();
    std::thread([nice_before] {
        become_helper(3);
        EXPECT_EQ(::sched_getscheduler(0), SCHED_BATCH);
        EXPECT_EQ(nice_of_this_thread(), std::min(nice_before + 3, 19));
        sigset_t blocked;
        pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
        EXPECT_TRUE(sigismember(&blocked, SIGTERM));
    }).join();
    EXPECT_EQ(nice_of_this_thread(), nice_before) << "the threads beside it stay what they are";
}

}  // namespace
}  // namespace skerry
