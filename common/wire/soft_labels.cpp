#include "common/wire/soft_labels.hpp"

#include <string>

namespace skerry::wire {
namespace {

/// 0: no number of classes takes so many bytes.
std::size_t classes_in(std::size_t bytes) {
    for (std::size_t classes = 2; classes <= SoftLabels::kClassesMax; ++classes) {
        if (soft_label_bytes(classes) == bytes) return classes;
    }
    return 0;
}

}  // namespace

Bytes encoded(const SoftLabels& labels) {
    SKERRY_ASSERT(!labels.empty() && labels.shares.size() == labels.classes() * labels.classes());
    ByteWriter out(soft_label_bytes(labels.classes()));
    for (std::size_t truth = 0; truth < labels.classes(); ++truth) {
        out.put(labels.rows[truth]);
        for (std::size_t c = 0; c < labels.classes(); ++c)
            out.put(labels.shares[truth * labels.classes() + c]);
    }
    return std::move(out).take();
}

Result<SoftLabels> soft_labels_of(ByteView bytes) {
    const std::size_t classes = classes_in(bytes.size());
    if (classes == 0) {
        return fail(ErrorCode::InvalidInput, std::to_string(bytes.size()) + " bytes are soft labels of no model");
    }
    ByteReader in(bytes);
    SoftLabels labels;
    bool known = false;
    for (std::size_t truth = 0; truth < classes; ++truth) {
        labels.rows.push_back(in.get<std::uint32_t>());
        std::uint32_t sum = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            labels.shares.push_back(in.get<std::uint16_t>());
            sum += labels.shares.back();
        }
        const bool has_rows = labels.rows.back() > 0;
        const bool sound = has_rows ? sum <= SoftLabels::kWhole && sum + classes > SoftLabels::kWhole : sum == 0;
        if (!sound) {
            return fail(ErrorCode::InvalidInput, "soft labels of " + std::to_string(labels.rows.back()) +
                                                     " rows whose shares add up to " + std::to_string(sum) +
                                                     " are none");
        }
        known = known || has_rows;
    }
    if (!known) return fail(ErrorCode::InvalidInput, "soft labels without a row are none");
    return labels;
}

}  // namespace skerry::wire
