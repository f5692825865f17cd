#include "edge-node/daemon/run.hpp"

#include <csignal>
#include <cstdlib>

#include <boost/asio/signal_set.hpp>

#include "common/base/heap.hpp"
#include "common/observe/log.hpp"
#include "edge-node/daemon/processor_seat.hpp"

namespace skerry::node {

namespace log = observe::log;

namespace {

/// Longer than any answer takes; a client that does not take its answer must not hold the machine's shutdown.
constexpr std::chrono::seconds kDrainTime{10};

}  // namespace

Result<> run_host(HostOptions options) {
    // A peer that goes while we write to it is an error of that write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    log::initialise(options.config.log_level);
    for (const std::filesystem::path& dir : options.dirs)
        log::info("starting", {{"dir", dir.string()}, {"version", SKERRY_VERSION}, {"alone", options.alone}});
    if (options.config.memory.budget == 0) options.config.memory.budget = cgroup_limit().value_or(0);
    if (options.config.memory.budget > 0) log::info("memory_budget", {{"bytes", options.config.memory.budget}});
    boost::asio::io_context loop(1);
    auto host = SKERRY_TRY(Host::open(loop, std::move(options)));
    boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
    boost::asio::steady_timer patience(loop);
    std::function<void()> wait_for_signal = [&] {
        signals.async_wait([&](boost::system::error_code failure, int signal) {
            if (failure) return;
            log::info("stopping", {{"signal", signal}});
            host->stop([&] { loop.stop(); });
            patience.expires_after(kDrainTime);
            patience.async_wait([&](boost::system::error_code cancelled) {
                if (!cancelled) loop.stop();
            });
        });
    };
    wait_for_signal();
    SKERRY_TRY(host->start());
    const ProcessorSeat seat(loop, [&host] { return host->learning(); });
    give_back_startup_memory();
    loop.run();
    host.reset();
    log::info("stopped");
    return {};
}

}  // namespace skerry::node
