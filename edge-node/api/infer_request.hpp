#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.hpp"
#include "common/parameters/model_spec.hpp"
#include "edge-node/api/datatype.hpp"

namespace skerry::node {

inline constexpr std::string_view kInputName = "input";
/// How JSON and binary tensors share a body: the bytes of JSON at its beginning.
inline constexpr std::string_view kHeadLengthHeader = "Inference-Header-Content-Length";
/// What skerry_deadline_us may be.
inline constexpr std::chrono::microseconds kDeadlineMax = std::chrono::seconds(60);

/// The outputs that a model has, in the order in which they are given.
enum class Output { Label, Probabilities, Tier, Score };
inline constexpr std::array kAllOutputs = {Output::Label, Output::Probabilities, Output::Tier, Output::Score};
/// "label", "probabilities", "tier", "score"
[[nodiscard]] std::string_view name_of(Output output);
/// "INT64", "FP32", "BYTES", "FP32"
[[nodiscard]] std::string_view datatype_of(Output output);

/// An output of an answer, and how it is to be written.
struct WantedOutput {
    Output output = Output::Label;
    bool binary = false;  ///< as bytes behind the JSON
    /// Of Probabilities: the most probable classes as text instead, so many. Nothing: all of them as numbers.
    std::optional<std::size_t> classes{};

    bool operator==(const WantedOutput&) const = default;
};

/// An inference request, checked and in the model's dtype.
struct InferRequest {
    std::string id;                     ///< as the client gave it; empty: none
    std::vector<Bytes> samples;         ///< 1 … batch_max, each spec.input.sample_bytes() long, all finite
    std::vector<WantedOutput> outputs;  ///< those asked for, else all; in the order of the answer
    Tier tier_max = Tier::Heavy;        ///< parameter skerry_tier_max
    /// Parameter skerry_deadline_us: how long after its arrival the answer may leave. Nothing: as long as it takes.
    std::optional<std::chrono::microseconds> deadline{};
    bool learn = true;  ///< parameter skerry_learn: false keeps the samples out of learning
};

/// Reads an Open Inference Protocol v2 infer request: one input tensor named "input" of any datatype of numbers whose
/// values the model's dtype holds (integers exactly, real numbers rounded to a finite float32), as JSON, flat or
/// nested, or binary behind the JSON; the shape is as plan_of takes it. Of a model that reads text, a tensor of BYTES.
/// With kHeadLengthHeader 0 the whole body is the tensor, in the model's dtype: as many samples as it holds, but of
/// texts and recordings one. What it does not know is ignored. InvalidInput: anything else, in a sentence that names
/// it. Cost: one pass without a tree; beyond the samples, memory is at most 8 bytes a value of batch_max samples, and
/// none for a binary tensor. https://github.com/kserve/open-inference-protocol,
/// specification/protocol/inference_rest.md; the binary tensor data, classification and parameters extensions of Triton
/// Inference Server, docs/protocol.
[[nodiscard]] Result<InferRequest> read_infer_request(const http::Request& request, const parameters::ModelSpec& spec,
                                                      std::size_t batch_max);

/// An input of a fused request and the model that reads it; both borrowed.
struct NamedInput {
    std::string_view name;
    const parameters::ModelSpec* spec = nullptr;
};

/// Several inputs about one thing.
struct FusedInferRequest {
    InferRequest request;                       ///< without samples
    std::vector<std::optional<Bytes>> samples;  ///< one a known input, in their order; nothing where it was not given
};

/// Reads a request with one to all of the inputs `known`, each of one sample, as read_infer_request reads the single
/// one; binary data follow the JSON in the order of the inputs. InvalidInput: as there, or an input that is not known
/// or comes twice.
[[nodiscard]] Result<FusedInferRequest> read_fused_request(const http::Request& request,
                                                           std::span<const NamedInput> known);

/// What a client may use as the id of a request of `rows` samples; empty: nothing wrong.
[[nodiscard]] std::string problem_of_id(std::string_view id, std::size_t rows);

}  // namespace skerry::node
