#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/precision.hpp"
#include "common/observe/log.hpp"
#include "edge-node/learning/learner_process.hpp"
#include "edge-node/learning/learning_config.hpp"
#include "edge-node/memory/memory_config.hpp"
#include "edge-node/router/router.hpp"
#include "edge-node/serving/serving_config.hpp"
#include "feedback/label_store.hpp"
#include "feedback/pending_ring.hpp"

namespace skerry::node {

/// "127.0.0.1:8000", "[::1]:0". An empty text: none.
struct HttpAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8000;

    /// InvalidInput: not numeric address and port.
    [[nodiscard]] static Result<HttpAddress> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const;
};

/// What a node's operator may set; deploy/examples/node.toml explains each value.
struct NodeConfig {
    std::string http = "127.0.0.1:8000";  ///< empty: only the Unix socket in the folder
    observe::log::Level log_level = observe::log::Level::Info;
    ServingConfig serving;
    MemoryConfig memory;
    RouterConfig router;
    feedback::PendingConfig labels;
    std::size_t remembered_ids_max = feedback::LabelStoreConfig{}.remembered_ids_max;
    feedback::ErrorLogConfig errors;
    LearningConfig learning;
    /// How long learning waits for the version that counts an update on its way, once an update; serving never does.
    /// Longer: nodes learn in step, which helps where their data differ. 0: they never wait.
    std::chrono::milliseconds version_patience{5000};
    /// What versions are fetched as, where the coordinator offers it: fewer bytes on the link, weights rounded once.
    WeightEncoding precision = WeightEncoding::Float32;
    LearnerConfig learner;

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
    /// TOML that read_node_config takes.
    [[nodiscard]] std::string to_toml() const;
};

/// InvalidInput: the file is missing, no TOML, has unknown keys or problems(): all of them, one a line.
[[nodiscard]] Result<NodeConfig> read_node_config(const std::filesystem::path& file);

}  // namespace skerry::node
