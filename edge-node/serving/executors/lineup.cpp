#include "edge-node/serving/executors/lineup.hpp"

#include <utility>

namespace skerry::node {
namespace {

class LinedUpExecutor final : public Executor {
public:
    LinedUpExecutor(std::vector<std::unique_ptr<const Executor>> executors, const Lineup& lineup)
        : executors_(std::move(executors)), lineup_(lineup) {}

    void run_stage(Tier stage, std::span<const float> in, std::span<float> map, std::size_t batch,
                   ExecutorScratch& scratch) const override {
        of(2 * static_cast<std::size_t>(stage), batch).run_stage(stage, in, map, batch, scratch);
    }
    void head(Tier tier, std::span<const float> map, std::span<float> logits, std::size_t batch) const override {
        of(2 * static_cast<std::size_t>(tier) + 1, batch).head(tier, map, logits, batch);
    }

private:
    [[nodiscard]] const Executor& of(std::size_t unit, std::size_t batch) const {
        return *executors_[lineup_[unit][timed_batch_of(batch)]];
    }

    std::vector<std::unique_ptr<const Executor>> executors_;  ///< as the candidates; null: in no place
    Lineup lineup_;
};

}  // namespace

ExecutorFactory whole(Packer pack) {
    return [pack = std::move(pack)](const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                                    std::span<const float> parameters) -> Result<std::unique_ptr<const Executor>> {
        return pack(spec, SKERRY_TRY(network_of(spec, layout, parameters)));
    };
}

Candidate candidate_of(std::string name, Packer pack) {
    return {std::move(name), whole(pack), true, pack};
}

std::string name_of_unit(std::size_t unit) {
    return std::string(name_of(tier_of_unit(unit))) + (is_head(unit) ? " head" : " stage");
}

void run_unit(const Executor& executor, std::size_t unit, std::span<const float> in, std::span<float> out,
              std::size_t batch, ExecutorScratch& scratch) {
    if (is_head(unit)) return executor.head(tier_of_unit(unit), in, out, batch);
    executor.run_stage(tier_of_unit(unit), in, out, batch, scratch);
}

Result<std::unique_ptr<const Executor>> lined_up_executor(const parameters::ModelSpec& spec,
                                                          const parameters::ParameterLayout& layout,
                                                          std::span<const float> parameters,
                                                          std::span<const Candidate> candidates, const Lineup& lineup) {
    const Tier held = SKERRY_TRY(layout.tier_of_prefix(parameters.size()));
    std::vector<Units> wanted(candidates.size());
    for (std::size_t unit = 0; unit < units_held(held); ++unit) {
        for (const std::size_t place : lineup[unit]) {
            SKERRY_ASSERT(place < candidates.size());
            wanted[place].set(unit);
        }
    }
    const NetworkSource network = SKERRY_TRY(network_of(spec, layout, parameters));
    std::vector<std::unique_ptr<const Executor>> executors(candidates.size());
    for (std::size_t place = 0; place < candidates.size(); ++place) {
        if (wanted[place].none()) continue;
        const Candidate& candidate = candidates[place];
        executors[place] = candidate.pack ? SKERRY_TRY(candidate.pack(spec, only(network, wanted[place])))
                                          : SKERRY_TRY(candidate.make(spec, layout, parameters));
    }
    return std::make_unique<const LinedUpExecutor>(std::move(executors), lineup);
}

}  // namespace skerry::node
