#pragma once

#include <string>
#include <vector>

#include "common/http/message.hpp"
#include "edge-node/api/infer_request.hpp"
#include "edge-node/serving/classify.hpp"

namespace skerry::node {

/// The answer to an infer request. One sample: its tier, score and confidence are response parameters. Several: tier
/// and score are outputs with a value a sample. `outputs`: as they were asked for; those that are binary follow the
/// JSON in their order. `id_reused`: the id waited for its label already, and labels now go to this sample. `experts`:
/// of a fused answer, who said what; empty: it is none.
[[nodiscard]] http::Response infer_response(const parameters::ModelSpec& spec, std::string_view version,
                                            std::string_view id, const std::vector<WantedOutput>& outputs,
                                            const std::vector<Answer>& answers, bool id_reused = false,
                                            std::string_view experts = {});

}  // namespace skerry::node
