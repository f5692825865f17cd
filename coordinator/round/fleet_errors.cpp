#include "coordinator/round/fleet_errors.hpp"

namespace skerry::coordinator {

void FleetErrors::count(const std::vector<Contribution>& set) {
    for (const Contribution& counted : set) {
        const auto found = waiting_.find(counted.update);
        if (found == waiting_.end()) continue;
        known_ += found->second;
        waiting_.erase(found);
    }
}

}  // namespace skerry::coordinator
