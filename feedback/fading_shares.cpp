#include "feedback/fading_shares.hpp"

#include <cmath>

namespace skerry::feedback {
namespace {

double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

}  // namespace

FadingShares::FadingShares(std::size_t classes) : seen_(classes), predicted_(classes) {}

template <class Self, class Each>
void FadingShares::each_number(Self& self, Each each) {
    each(self.all_.labelled);
    each(self.all_.correct);
    for (auto& counts : self.tiers_) {
        each(counts.labelled);
        each(counts.correct);
    }
    for (auto* classes : {&self.seen_, &self.predicted_}) {
        for (auto& count : *classes)
            each(count);
    }
}

void FadingShares::add(Tier tier, std::uint32_t predicted, std::uint32_t truth) {
    SKERRY_ASSERT(truth < seen_.size() && predicted < predicted_.size());
    each_number(*this, [](double& number) { number *= kFading; });
    const double correct = predicted == truth ? 1 : 0;
    for (Counts* counts : {&all_, &tiers_[static_cast<std::size_t>(tier)]}) {
        counts->labelled += 1;
        counts->correct += correct;
    }
    seen_[truth] += 1;
    predicted_[predicted] += 1;
}

double FadingShares::accuracy() const {
    return share(all_.correct, all_.labelled);
}

double FadingShares::kappa() const {
    double chance = 0;
    for (std::size_t c = 0; c < seen_.size(); ++c)
        chance += share(seen_[c], all_.labelled) * share(predicted_[c], all_.labelled);
    return chance < 1 ? (accuracy() - chance) / (1 - chance) : 0;
}

double FadingShares::accuracy_of(Tier tier) const {
    const Counts& counts = tiers_[static_cast<std::size_t>(tier)];
    return share(counts.correct, counts.labelled);
}

void FadingShares::save(ByteWriter& to) const {
    each_number(*this, [&to](double number) { to.put(number); });
}

Result<> FadingShares::load(ByteReader& from) {
    bool fine = true;
    each_number(*this, [&](double& number) {
        number = from.get<double>();
        fine = fine && std::isfinite(number) && number >= 0;
    });
    if (!from.ok() || !fine) return fail(ErrorCode::InvalidInput, "the saved fading shares are damaged");
    return {};
}

}  // namespace skerry::feedback
