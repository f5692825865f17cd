#pragma once

#include "common/wire/soft_labels.hpp"

namespace skerry {

/// Of classes with so many rows each; their own share is the given one, the next class has the rest.
inline wire::SoftLabels sample_soft_labels(std::vector<std::uint32_t> rows, std::uint16_t own) {
    wire::SoftLabels labels{std::move(rows), {}};
    const std::size_t classes = labels.classes();
    labels.shares.resize(classes * classes);
    for (std::size_t truth = 0; truth < classes; ++truth) {
        if (labels.rows[truth] == 0) continue;
        labels.shares[truth * classes + truth] = own;
        labels.shares[truth * classes + (truth + 1) % classes] =
            static_cast<std::uint16_t>(wire::SoftLabels::kWhole - own);
    }
    return labels;
}

}  // namespace skerry
