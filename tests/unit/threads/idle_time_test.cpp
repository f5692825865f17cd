#include "common/threads/idle_time.hpp"

#include <array>
#include <atomic>
#include <linux/capability.h>
#include <sched.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace skerry {
namespace {

using namespace std::chrono_literals;
using Class = SchedulingChoice::Class;

using Piece = SchedulingChoice::Piece;

// Pieces of a machine with two processors: half of one to spare, or nothing.
constexpr Piece kCalm{100ms, 90ms, 200ms, 100ms};
constexpr Piece kBusy{100ms, 1ms, 200ms, 0ms};

void work(SchedulingChoice& choice, Piece piece, int times) {
    for (int i = 0; i < times; ++i)
        choice.after(piece);
}

TEST(SchedulingChoice, BecomesIdleWhereThereIsTimeToSpareAndStaysSo) {
    SchedulingChoice choice;
    work(choice, kCalm, 2);
    EXPECT_EQ(choice.now(), Class::Batch) << "not before it has seen a quarter of a second of its own work";
    work(choice, kCalm, 1);
    for (int piece = 0; piece < 1000; ++piece) {
        ASSERT_EQ(choice.now(), Class::Idle);
        work(choice, kCalm, 1);
    }
}

TEST(SchedulingChoice, BeginsAsIdleWhereThereWasTimeToSpareForLongEnough) {
    const auto begin = [](SchedulingChoice::Time elapsed, SchedulingChoice::Time spare) {
        SchedulingChoice choice;
        choice.begin(elapsed, spare);
        return choice.now();
    };
    EXPECT_EQ(begin(100ms, 20ms), Class::Idle);
    EXPECT_EQ(begin(100ms, 10ms), Class::Batch);
    EXPECT_EQ(begin(90ms, 90ms), Class::Batch);
}

TEST(SchedulingChoice, CountsHalfOfWhatItHadItselfAsTimeThatItWouldHaveAsIdle) {
    SchedulingChoice choice;
    work(choice, {300ms, 280ms, 700ms, 30ms}, 1);
    EXPECT_EQ(choice.now(), Class::Idle);
}

TEST(SchedulingChoice, StaysBatchWhereOthersTakeAll) {
    SchedulingChoice choice;
    for (int piece = 0; piece < 1000; ++piece) {
        work(choice, kBusy, 1);
        ASSERT_EQ(choice.now(), Class::Batch);
    }
}

TEST(SchedulingChoice, LeavesTheIdleClassWhenItGetsTooLittleAndTriesItMoreAndMoreSeldom) {
    SchedulingChoice choice;
    std::vector<int> pieces_as_batch;
    for (int trial = 0; trial < 8; ++trial) {
        int pieces = 0;
        for (; choice.now() == Class::Batch; ++pieces)
            work(choice, kCalm, 1);
        pieces_as_batch.push_back(pieces);
        work(choice, kBusy, 4);
        EXPECT_EQ(choice.now(), Class::Idle) << "too short to tell";
        work(choice, kBusy, 1);
    }
    EXPECT_EQ(pieces_as_batch, (std::vector{3, 5, 10, 20, 40, 80, 160, 320}));

    work(choice, kCalm, 650);
    EXPECT_EQ(choice.now(), Class::Idle);
    work(choice, kBusy, 5);
    work(choice, kCalm, 5);
    EXPECT_EQ(choice.now(), Class::Idle) << "a trial that went well is remembered";
}

const SchedulingChoice kIdleFirst(Class::Idle);

TEST(IdleTime, RunsPiecesInTheIdleClassOnAThreadThatIsPreparedOnce) {
    std::atomic<int> prepared = 0;
    IdleTime idle([&] { ++prepared; }, kIdleFirst);
    for (int piece = 0; piece < 3; ++piece) {
        int policy = -1;
        idle.run([&] { policy = ::sched_getscheduler(0); });
        EXPECT_EQ(policy, SCHED_IDLE);
    }
    EXPECT_EQ(prepared, 1);
    EXPECT_NE(::sched_getscheduler(0), SCHED_IDLE) << "the caller's own thread stays what it is";
}

TEST(IdleTime, MakesAPieceYieldAgainAndAgain) {
    IdleTime idle([] {}, kIdleFirst);
    for (int piece = 0; piece < 2; ++piece)
        idle.run([] {
            for (int yields = 0; yields < 3; ++yields)
                ::pause();  // ends when a signal has been handled: pause(2)
        });
}

TEST(IdleTime, ThrowsOnEitherThreadWhatThePieceThrowsAndGoesOn) {
    for (const auto first : {Class::Idle, Class::Batch}) {
        IdleTime idle([] {}, SchedulingChoice(first));
        EXPECT_THROW(idle.run([] { throw std::runtime_error("no"); }), std::runtime_error);
        bool ran = false;
        idle.run([&] { ran = true; });
        EXPECT_TRUE(ran);
    }
}

// Every processor is busy with something that is not of the idle class.
class Crowd {
public:
    explicit Crowd(unsigned size = std::thread::hardware_concurrency()) {
        for (unsigned each = 0; each < size; ++each)
            threads_.emplace_back([this] {
                while (!enough_)
                    ;
            });
    }
    ~Crowd() {
        enough_ = true;
        for (std::thread& thread : threads_)
            thread.join();
    }

private:
    std::atomic<bool> enough_ = false;
    std::vector<std::thread> threads_;
};

void compute(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until)
        ;
}

TEST(IdleTime, WorksOnTheCallersThreadWhereAllProcessorsAreBusy) {
    const Crowd crowd;
    IdleTime idle([] {}, kIdleFirst);
    std::thread::id by;
    while (by != std::this_thread::get_id())
        idle.run([&] {
            compute(1ms);
            by = std::this_thread::get_id();
        });
}

TEST(IdleTime, WorksMostOfItsPiecesOnTheCallersThreadWhereNothingIsToSpare) {
    const Crowd crowd;
    const auto spare_before = spare_time();
    compute(200ms);
    if (spare_time() - spare_before > 20ms) GTEST_SKIP() << "others of this machine's processors are not ours to fill";
    IdleTime idle([] {});
    std::thread([&idle] {
        // As those who use it are, or half a processor would be its own (setpriority(2): of this thread alone).
        ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + 10), 0);
        int here = 0;
        for (int piece = 0; piece < 60; ++piece)
            idle.run([&here, caller = std::this_thread::get_id()] {
                compute(10ms);
                here += std::this_thread::get_id() == caller ? 1 : 0;
            });
        // A kernel that has put the crowd on one processor for a while makes it try, which is over with its first
        // piece.
        EXPECT_GE(here, 50);
    }).join();
}

bool may_leave_the_idle_class() {
    bool may = false;
    std::thread([&may] {
        const sched_param none{};
        may = ::sched_setscheduler(0, SCHED_IDLE, &none) == 0 && ::sched_setscheduler(0, SCHED_BATCH, &none) == 0;
    }).join();
    return may;
}

TEST(IdleTime, TakesAPieceThatStarvesOutOfTheIdleClass) {
    if (!may_leave_the_idle_class()) GTEST_SKIP() << "this needs CAP_SYS_NICE or RLIMIT_NICE";
    const Crowd crowd;
    IdleTime idle([] {}, kIdleFirst);
    idle.run([] {
        while (::sched_getscheduler(0) != SCHED_BATCH)
            ;
    });
}

// As whoever is not root: what is in the idle class stays there.
bool may_not_leave_the_idle_class_any_more() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> capabilities{};
    if (::syscall(SYS_capget, &header, capabilities.data()) != 0) return false;
    capabilities[0].effective &= ~(1U << CAP_SYS_NICE);
    const rlimit none{0, 0};
    return ::syscall(SYS_capset, &header, capabilities.data()) == 0 && ::setrlimit(RLIMIT_NICE, &none) == 0 &&
           !may_leave_the_idle_class();
}

TEST(IdleTime, GetsOnWhereItsProcessorIsBusyAndItMayNotLeaveTheIdleClass) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(60);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(::sched_getcpu(), &one);
        if (!may_not_leave_the_idle_class_any_more() || ::sched_setaffinity(0, sizeof(one), &one) != 0) ::_exit(77);
        const Crowd crowd(1);
        IdleThread idle;
        idle.run([] {
            while (computed_by_this_thread() < 1ms)
                ;
        });
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_FALSE(WIFSIGNALED(status)) << "it stands still";
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this process may not give up what lets it leave the class";
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace skerry
