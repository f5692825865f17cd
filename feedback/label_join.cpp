#include "feedback/label_join.hpp"

namespace skerry::feedback {

std::string_view name_of(LabelVerdict verdict) {
    switch (verdict) {
        case LabelVerdict::Accepted:
            return "accepted";
        case LabelVerdict::Duplicate:
            return "duplicate";
        case LabelVerdict::Contradictory:
            return "contradictory";
        case LabelVerdict::Late:
            return "late";
        case LabelVerdict::Unknown:
            return "unknown";
    }
    return "unknown";
}

LabelVerdict judge_label(const KnownRequest& request, std::uint32_t label) {
    if (request.recorded) return *request.recorded == label ? LabelVerdict::Duplicate : LabelVerdict::Contradictory;
    if (request.waiting) return LabelVerdict::Accepted;
    return request.expired ? LabelVerdict::Late : LabelVerdict::Unknown;
}

}  // namespace skerry::feedback
