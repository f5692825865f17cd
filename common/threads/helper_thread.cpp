#include "common/threads/helper_thread.hpp"

#include <csignal>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace skerry {

void become_helper(int nice) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    const sched_param none{};
    static_cast<void>(::sched_setscheduler(0, SCHED_BATCH, &none));
    // Of this thread alone, on Linux (setpriority(2)).
    const auto self = static_cast<id_t>(::gettid());
    if (nice > 0) static_cast<void>(::setpriority(PRIO_PROCESS, self, ::getpriority(PRIO_PROCESS, self) + nice));
}

}  // namespace skerry
