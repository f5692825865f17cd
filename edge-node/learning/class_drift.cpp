#include "edge-node/learning/class_drift.hpp"

#include <algorithm>

namespace skerry::node {
namespace {

constexpr std::uint32_t kWatchesVersion = 1;
constexpr feedback::PageHinkley::Config kConfig = {.values_min = 30, .tolerated = 0.1, .threshold = 12};

}  // namespace

ClassDrift::ClassDrift(std::size_t classes)
    : watches_(std::min(classes, kClassesMax), Watch{feedback::PageHinkley(kConfig), {}, {}}) {}

double ClassDrift::Count::rate() const {
    return rows == 0 ? 0.0 : static_cast<double>(errors) / static_cast<double>(rows);
}

std::vector<ClassDrift::Alarm> ClassDrift::observe(std::span<const std::uint32_t> labels,
                                                   const std::vector<bool>& errors) {
    std::vector<Alarm> alarms;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] >= watches_.size()) continue;
        Watch& watch = watches_[labels[i]];
        ++watch.since.rows;
        watch.since.errors += errors[i] ? 1 : 0;
        if (watch.detector.add(errors[i] ? 1 : 0)) {
            alarms.push_back({labels[i], watch.before.rate(), watch.since.rate()});
            watch = Watch{feedback::PageHinkley(kConfig), {}, {}};
        } else if (watch.detector.sum() == 0) {
            watch.before.rows += watch.since.rows;
            watch.before.errors += watch.since.errors;
            watch.since = {};
        }
    }
    std::stable_sort(alarms.begin(), alarms.end(),
                     [](const Alarm& a, const Alarm& b) { return a.after - a.before < b.after - b.before; });
    return alarms;
}

void ClassDrift::save(ByteWriter& to) const {
    to.put(kWatchesVersion).put(static_cast<std::uint32_t>(watches_.size()));
    for (const Watch& watch : watches_) {
        watch.detector.save(to);
        to.put(watch.before.rows).put(watch.before.errors).put(watch.since.rows).put(watch.since.errors);
    }
}

Result<> ClassDrift::load(ByteReader& from) {
    const auto version = from.get<std::uint32_t>();
    const auto size = from.get<std::uint32_t>();
    if (!from.ok() || version != kWatchesVersion || size > kClassesMax) {
        return fail(ErrorCode::InvalidInput, "the saved watch over each class's errors is damaged");
    }
    std::vector<Watch> saved;
    for (std::uint32_t i = 0; i < size; ++i) {
        Watch watch{SKERRY_TRY(feedback::PageHinkley::load(from, kConfig)), {}, {}};
        for (Count* const count : {&watch.before, &watch.since}) {
            count->rows = from.get<std::uint64_t>();
            count->errors = from.get<std::uint64_t>();
            if (!from.ok() || count->errors > count->rows) {
                return fail(ErrorCode::InvalidInput, "the saved errors of a class are damaged");
            }
        }
        saved.push_back(watch);
    }
    if (saved.size() == watches_.size()) watches_ = std::move(saved);
    return {};
}

}  // namespace skerry::node
