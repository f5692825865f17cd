#pragma once

#include <memory>

#include "common/base/bytes.hpp"

namespace skerry {

/// Bytes that are kept alive by whoever holds a copy of this. Copying it copies no byte.
struct SharedBytes {
    std::shared_ptr<const void> owner;
    ByteView bytes;

    [[nodiscard]] static SharedBytes of(Bytes bytes) {
        auto owned = std::make_shared<const Bytes>(std::move(bytes));
        const ByteView all = *owned;
        return {std::move(owned), all};
    }
};

}  // namespace skerry
