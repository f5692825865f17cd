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
        case LabelVerdict::Reused:
            return "reused";
    }
    return "unknown";
}

LabelVerdict judge_label(const KnownRequest& request, std::uint32_t label) {
    const bool newer = request.waiting && (!request.recorded || *request.waiting > request.recorded->order);
    if (newer) return request.recorded || request.id_reused ? LabelVerdict::Reused : LabelVerdict::Accepted;
    if (request.recorded) {
        return request.recorded->label == label ? LabelVerdict::Duplicate : LabelVerdict::Contradictory;
    }
    return request.expired ? LabelVerdict::Late : LabelVerdict::Unknown;
}

}  // namespace skerry::feedback
