#include <utility>

#include "common/observe/log.hpp"
#include "edge-node/daemon/local_model_disk.hpp"

// Heads that are a node's own, and what becomes of them when they are no longer.
namespace skerry::node {

namespace log = observe::log;

Sharing sharing_of(const parameters::ParameterLayout& layout, bool own_heads) {
    Sharing sharing{layout.statistics(), {}};
    for (const parameters::Block& block : layout.blocks()) {
        const bool of_a_head = block.name.find(".head.") != std::string::npos;
        if (own_heads && of_a_head) sharing.personal.emplace_back(block.offset, block.offset + block.count);
    }
    return sharing;
}

// The configuration may have changed since the last run. Heads that become private go on as they are. Those that were
// would be progress from here on, and the next update would carry all that they have learned since they were private.
// The optimiser's memory of them would do the same in small, and goes too.
Result<> LocalModel::settle_heads() {
    const bool had = SKERRY_TRY(stores_.spool.has_own_heads());
    if (had == config_.own_heads) return {};
    if (had && policy_) {
        std::vector<float> weights = *policy_->parameters();
        const std::vector<float> sent = SKERRY_TRY(stores_.spool.as_sent());
        if (sent.size() != weights.size()) {
            return fail(ErrorCode::Internal,
                        "the weights in node.db and in the checkpoint have two lengths: restore the node's folder");
        }
        keep_personal(weights, sent, sharing_of(model_->layout, true));
        SKERRY_TRY(policy_->roll_back(std::move(weights)));
        checkpoint_.version.local += 1;  // other weights than before under this global version
        checkpoint_.learning_rate = policy_->learning_rate();
        SKERRY_TRY(commit(stores_.labels, with_learner(checkpoint_, *policy_)));
    }
    // Last: a crash before this does it once more, and nothing is learned meanwhile.
    SKERRY_TRY(stores_.spool.note_own_heads(config_.own_heads));
    log::info(config_.own_heads ? "own_heads_begin" : "own_heads_end",
              {{"consequence", config_.own_heads ? "the heads go on as they are, and are neither sent nor replaced"
                                                 : "the heads begin again with the fleet's"},
               {"model", model_->spec.name}});
    return {};
}

}  // namespace skerry::node
