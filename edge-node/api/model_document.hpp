#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/parameters/model_spec.hpp"
#include "edge-node/api/infer_request.hpp"
#include "feedback/prediction.hpp"

namespace skerry::node {

/// Server metadata: who answers, and the extensions of the protocol that it knows.
[[nodiscard]] std::string server_json(std::string_view name, std::string_view version);

/// Model metadata: its versions (one: that served now), input and outputs.
[[nodiscard]] std::string metadata_json(const parameters::ModelSpec& spec, const feedback::SnapshotVersion& version);

/// The same of several models together, whose inputs are named after them.
[[nodiscard]] std::string fused_metadata_json(std::string_view name, std::string_view version,
                                              std::span<const NamedInput> inputs);

/// The same as Triton's configuration of a model, for clients that ask how large a batch may be: dims are without it.
/// Triton Inference Server, docs/protocol/extension_model_configuration.md
[[nodiscard]] std::string config_json(const parameters::ModelSpec& spec, std::size_t batch_max);

/// One model and the version that it serves.
struct ServedModel {
    std::string name;
    std::string version;
};

/// The repository's index: what is served now. Triton Inference Server, docs/protocol/extension_model_repository.md
[[nodiscard]] std::string index_json(const std::vector<ServedModel>& models);

}  // namespace skerry::node
