#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/parameters/model_spec.hpp"

namespace skerry::node {

inline constexpr std::string_view kInputName = "input";

/// The outputs that a model has, in the order in which they are given.
enum class Output { Label, Probabilities, Tier, Score };
/// "label", "probabilities", "tier", "score"
[[nodiscard]] std::string_view name_of(Output output);

/// An inference request, checked and in the model's dtype.
struct InferRequest {
    std::string id;               ///< as the client gave it; empty: none
    std::vector<Bytes> samples;   ///< 1 … batch_max, each spec.input.sample_bytes() long, all finite
    std::vector<Output> outputs;  ///< those asked for; empty: the usual ones
    Tier tier_max = Tier::Heavy;  ///< parameter skerry_tier_max
    /// Parameter skerry_deadline_us: how long after its arrival the answer may leave. Nothing: as long as it takes.
    std::optional<std::chrono::microseconds> deadline{};
    bool learn = true;  ///< parameter skerry_learn: false keeps the samples out of learning
};

/// Reads the JSON body of an Open Inference Protocol v2 infer request: one input tensor named "input", its data flat
/// or nested, of any integer type or FP32 or FP64 whose values the model's dtype holds: integers exactly, real numbers
/// rounded to float32. The shape is [n, …input.shape], or [n, values], or of a grey image [n, height, width].
/// InvalidInput: anything else, in a sentence that names it.
/// Reads as it parses, without a tree: memory is at most 8 bytes a value of batch_max samples, whatever the body says.
[[nodiscard]] Result<InferRequest> parse_infer_request(std::string_view body, const parameters::ModelSpec& spec,
                                                       std::size_t batch_max);

/// "UINT8", "FP32"
[[nodiscard]] std::string_view datatype_of(parameters::DataType dtype);

/// What a client may use as the id of a request of `rows` samples; empty: nothing wrong.
[[nodiscard]] std::string problem_of_id(std::string_view id, std::size_t rows);

}  // namespace skerry::node
