#pragma once

#include <cstdlib>
#include <type_traits>
#include <utility>

#include "common/observe/log.hpp"
#include "edge-node/daemon/local_model.hpp"

// How LocalModel reaches its stores; only for its two source files.
namespace skerry::node {

[[noreturn]] inline void disk_failed(const Error& error) {
    // What the disk holds is not known any more. Nothing may be acknowledged from here on: start again and read it.
    observe::log::error("disk_failed",
                        {{"reason", error.message}, {"fix", "free space or check the disk, then start again"}});
    std::_Exit(70);
}

/// Runs `job` on the storage thread, then `done` on the loop with its value. A job that fails ends the process.
template <class Job, class Done>
void LocalModel::on_disk(Job job, Done done) {
    stores_.thread.run(std::move(job), [done = std::move(done)](auto result) mutable {
        if (!result) disk_failed(result.error());
        if constexpr (std::is_same_v<decltype(result), Result<>>) {
            done();
        } else {
            done(std::move(*result));
        }
    });
}

}  // namespace skerry::node
