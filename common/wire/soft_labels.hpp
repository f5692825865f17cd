#pragma once

#include <cstdint>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

namespace skerry::wire {

/// What heavy exits say, on average, of samples of each true class, in whole numbers: what nodes without heavy can
/// learn beside the label. Means over classes only: nothing of a sample is in it. PROTOCOL.md §11.
struct SoftLabels {
    /// As many fit into the first chunk of an update, and into one control message.
    static constexpr std::size_t kClassesMax = 128;
    static constexpr std::uint32_t kWhole = 65535;  ///< the shares of a known class add up to this, less the rounding

    std::vector<std::uint32_t> rows;    ///< labelled samples of each class, shape [classes]; 0: nothing is known of it
    std::vector<std::uint16_t> shares;  ///< of each class in the answers, shape [true classes, classes]
    bool operator==(const SoftLabels&) const = default;

    [[nodiscard]] bool empty() const { return rows.empty(); }
    [[nodiscard]] std::size_t classes() const { return rows.size(); }
};

/// Of each true class: u32 rows, then its shares as u16, little-endian. The length says how many classes there are.
[[nodiscard]] constexpr std::size_t soft_label_bytes(std::size_t classes) {
    return classes * (4 + 2 * classes);
}
[[nodiscard]] Bytes encoded(const SoftLabels& labels);

/// InvalidInput: of no number of classes from 2 to kClassesMax, or no class is known; the shares of a known class add
/// up to more than kWhole or to less than rounding down leaves of it; or a class without rows has shares.
[[nodiscard]] Result<SoftLabels> soft_labels_of(ByteView bytes);

}  // namespace skerry::wire
