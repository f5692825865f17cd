#include "edge-node/learning/learner_turns.hpp"

#include <algorithm>

#include "common/base/error.hpp"

namespace skerry::node {

bool LearnerTurns::begin(Model model) {
    SKERRY_ASSERT(!learning_.contains(model));
    if (std::find(waiting_.begin(), waiting_.end(), model) == waiting_.end()) waiting_.push_back(model);
    const auto place = static_cast<std::size_t>(std::find(waiting_.begin(), waiting_.end(), model) - waiting_.begin());
    if (learning_.size() + place >= at_once_) return false;
    std::erase(waiting_, model);
    learning_.insert(model);
    return true;
}

void LearnerTurns::end(Model model) {
    learning_.erase(model);
    std::erase(waiting_, model);
}

std::optional<LearnerTurns::Model> LearnerTurns::next() const {
    if (waiting_.empty() || learning_.size() >= at_once_) return std::nullopt;
    return waiting_.front();
}

}  // namespace skerry::node
