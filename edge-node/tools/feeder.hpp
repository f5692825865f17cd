#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/datasets/dataset.hpp"
#include "common/http/client.hpp"
#include "edge-node/tools/label_delay.hpp"
#include "edge-node/tools/stop_signal.hpp"
#include "feedback/prequential.hpp"

namespace skerry::node {

struct FeedOptions {
    std::string node;     ///< "http://127.0.0.1:8000" or "unix:DIR/infer.sock"
    std::string model{};  ///< which one, where the address serves several; empty: the only one
    std::string data;     ///< as datasets::open_source
    datasets::SourceOptions source;
    LabelDelay delay;
    std::optional<double> rate;  ///< samples a second; nothing: as fast as the node takes them
    /// How long the node may be away, unready or busy at one sample before feeding ends.
    std::chrono::milliseconds patience{60'000};
};

struct FeedNumbers {
    feedback::PrequentialNumbers prequential;
    std::array<std::vector<std::uint32_t>, kTiers> latency_us;  ///< as the client saw it, by answer
    std::array<std::uint64_t, kTiers> correct{};
    std::uint64_t labels_accepted = 0;
    std::uint64_t labels_other = 0;  ///< duplicate, expired, unknown or contradicted
    std::uint64_t waits = 0;         ///< times the node asked to come back later, or was away
    std::chrono::nanoseconds elapsed{0};
    std::string first_version, last_version;

    [[nodiscard]] std::uint64_t samples() const;
};

/// Streams labelled samples into a node through its public API, as an application would: asks, and tells the truth
/// later. Test, then train: the answer is counted before the label is sent. Blocks. One thread at a time.
class Feeder {
public:
    using OnProgress = std::function<void(const FeedNumbers&)>;  ///< after each sample

    /// Asks the node for its model, then opens the data for it. Errors: as http::Client::connect and open_source.
    [[nodiscard]] static Result<Feeder> open(FeedOptions options);

    /// To the end of the data, or until `stop` is raised, which also ends every pause at once, and nothing but a
    /// request that is under way; labels that are due later are then sent, but nothing is insisted on any more.
    /// Unavailable: the node was away for longer than `patience`. InvalidInput: it refuses a sample or a label.
    [[nodiscard]] Result<FeedNumbers> run(const OnProgress& on_progress, const StopSignal& stop);

private:
    struct PendingLabel {
        std::string id;
        std::uint32_t label = 0;
        std::uint64_t sample = 0;
        std::chrono::steady_clock::time_point asked;
    };

    Feeder(FeedOptions options, parameters::ModelSpec spec, http::Client node,
           std::unique_ptr<datasets::SampleSource> source);
    Result<> stream(const OnProgress& on_progress, std::chrono::steady_clock::time_point began);
    Result<> pause_until(std::chrono::steady_clock::time_point sample_due);
    Result<> ask(const datasets::Sample& sample);
    Result<> send_due_labels(bool all);
    Result<> send_labels(std::size_t count);
    /// Until an answer is neither 429 nor 503 and the node is there.
    Result<http::Response> insist(const std::string& target, const std::string& body);

    FeedOptions options_;
    parameters::ModelSpec spec_;
    http::Client node_;
    std::unique_ptr<datasets::SampleSource> source_;
    std::string run_id_;
    const StopSignal* stop_ = nullptr;  ///< of run()
    bool repeated_ = false;             ///< a request went out again because its answer was lost
    std::uint64_t asked_ = 0;
    std::deque<PendingLabel> pending_;
    feedback::Prequential prequential_;
    FeedNumbers numbers_;
};

}  // namespace skerry::node
