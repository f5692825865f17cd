#pragma once

#include <functional>
#include <memory>

#include "edge-node/serving/classify.hpp"
#include "edge-node/serving/serving_config.hpp"

namespace boost::asio {
class io_context;
}

namespace skerry::node {

/// A bounded queue in front of the threads that run the network. All calls on the loop's thread, also the destructor,
/// which waits for the jobs being run and drops the others and their `done`.
class ServingQueue {
public:
    using Work = std::function<void(ClassifyScratch&)>;  ///< on a worker; must not throw
    using Done = std::function<void()>;                  ///< afterwards on the loop, in the order of finishing

    ServingQueue(boost::asio::io_context& loop, const ServingConfig& config);
    ServingQueue(const ServingQueue&) = delete;
    ServingQueue& operator=(const ServingQueue&) = delete;
    ~ServingQueue();

    /// `bytes`: what the job holds in memory while it waits. False: the queue is full or draining, and nothing was
    /// taken. A job larger than queue_bytes_max is taken when the queue is empty. Keeps the loop running until `done`.
    [[nodiscard]] bool submit(Work work, Done done, std::size_t bytes);

    /// A job of no bytes would be taken now.
    [[nodiscard]] bool has_room() const;

    /// Refuses from now on and calls `on_empty` from the loop after the last accepted job's `done`.
    void drain(std::function<void()> on_empty);

    /// Accepted jobs whose `done` has not run.
    [[nodiscard]] std::size_t pending() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace skerry::node
