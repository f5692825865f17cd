#pragma once

#include <functional>
#include <vector>

#include "common/base/ids.hpp"
#include "coordinator/release/release_policy.hpp"

namespace skerry::coordinator {

/// Which of these nodes get a version first: drawn without bias, sorted. Empty: trials are off, or there are not
/// enough nodes for canaries and at least one that is none.
[[nodiscard]] std::vector<NodeId> draw_canaries(const ReleasePolicy& policy, std::vector<NodeId> able,
                                                const std::function<ByteArray<16>()>& random);

}  // namespace skerry::coordinator
