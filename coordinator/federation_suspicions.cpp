#include <array>
#include <cstdio>

#include "coordinator/federation.hpp"

// What puts a node into quarantine without the operator's word.
namespace skerry::coordinator {

std::optional<ledger::NodeQuarantined> Federation::suspicion(const Node& node,
                                                             const ledger::UpdateAccepted& update) const {
    if (node.quarantine) return std::nullopt;
    auto quarantine = outlier(node, update);
    return quarantine ? quarantine : opponent(node, update);
}

std::optional<ledger::NodeQuarantined> Federation::outlier(const Node& node,
                                                           const ledger::UpdateAccepted& update) const {
    const double most = policy_.admission.norm_outlier;
    const auto found = norms_.judge(update, most);
    if (!found) return std::nullopt;
    std::array<char, 200> text{};
    std::snprintf(text.data(), text.size(),
                  "the norm %.4g of its update %llu is %.3g times what is usual for as many examples, %.1f robust "
                  "deviations above the fleet's median, where %.3g pass; ",
                  update.norm, static_cast<unsigned long long>(update.update.sequence.value), found->times,
                  found->score, most);
    return ledger::NodeQuarantined{update.at, node.id, ledger::QuarantinedBy::Outlier,
                                   text.data() + std::string(what_to_look_at(wire::RefusalCode::Norm))};
}

// Whether it pulls with the fleet, and is believed.
void Federation::judge(ledger::UpdateAccepted& update, const Sketch& sketch) const {
    const auto base = held_.find(update.base);
    if (base != held_.end()) update.along = movements_.along(base->second.weights, update.tier, sketch);
    update.doubted = opposition_.with(update).doubted;
}

std::optional<ledger::NodeQuarantined> Federation::opponent(const Node& node,
                                                            const ledger::UpdateAccepted& update) const {
    if (!opposition_.relapses(update)) return std::nullopt;
    const Opposition::Standing standing = opposition_.with(update);
    std::array<char, 200> numbers{};
    std::snprintf(numbers.data(), numbers.size(),
                  "%llu of its last updates pull the model back from where the fleet moves it, by %.2f together, where "
                  "%.3g pass, and it was doubted for that before; ",
                  static_cast<unsigned long long>(standing.updates), standing.against, policy_.admission.opposition);
    return ledger::NodeQuarantined{
        update.at, node.id, ledger::QuarantinedBy::Opposition,
        numbers.data() + std::string("look at its labels and its sensor, and whether its program was changed")};
}

// Whether this refusal is one too many.
std::optional<ledger::NodeQuarantined> Federation::strike(const Node& node, const Flaw& flaw, TimePoint now) const {
    const AdmissionPolicy& policy = policy_.admission;
    if (policy.strikes == 0 || node.quarantine || !is_strike(flaw.code)) return std::nullopt;
    const std::size_t strikes = strikes_of(node.id, now) + 1;
    if (strikes < policy.strikes) return std::nullopt;
    const auto hours = std::chrono::duration<double>(policy.strike_window).count() / 3600;
    std::array<char, 32> window{};
    std::snprintf(window.data(), window.size(), "%.3g h", hours);
    return ledger::NodeQuarantined{
        now, node.id, ledger::QuarantinedBy::Strikes,
        std::to_string(strikes) + " refusals in " + window.data() + " that no healthy node earns, the last: " +
            std::string(wire::name_of(flaw.code)) + ": " + flaw.text + "; " + std::string(what_to_look_at(flaw.code))};
}

}  // namespace skerry::coordinator
