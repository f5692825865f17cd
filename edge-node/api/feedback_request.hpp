#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/parameters/model_spec.hpp"
#include "feedback/label_join.hpp"

namespace skerry::node {

inline constexpr std::size_t kFeedbackBytesMax = std::size_t{1} << 20U;
inline constexpr std::size_t kFeedbackLabelsMax = 4096;

/// The truth about one earlier request, as a client tells it.
struct FeedbackLabel {
    std::string request;      ///< the id of the infer request; of a batch "id/0", "id/1", …
    std::uint32_t label = 0;  ///< class index
};

/// Reads {"feedback":[{"id":"42","label":3}, …]}; a label is a class index, a class name, or one of them in an array.
/// InvalidInput: anything else, naming the entry; too long, too many or nested too deeply.
[[nodiscard]] Result<std::vector<FeedbackLabel>> parse_feedback(std::string_view body,
                                                                const parameters::ModelSpec& spec);

/// {"accepted":1,"duplicate":0,"expired":0,"unknown":0,"conflict":0,"reused":0,
///  "results":[{"id":"42","state":"accepted"}, …]}
/// A result has "reused":true where the id was used for an earlier sample too: its label went to the newest one. These
/// are among the accepted. `verdicts`: one a label, in their order.
[[nodiscard]] std::string feedback_json(const std::vector<FeedbackLabel>& labels,
                                        const std::vector<feedback::LabelVerdict>& verdicts);

}  // namespace skerry::node
