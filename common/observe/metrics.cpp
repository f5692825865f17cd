#include "common/observe/metrics.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>
#include <variant>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "common/base/error.hpp"
#include "common/observe/process_usage.hpp"

namespace skerry::observe {

namespace {

using Series = std::variant<prometheus::Counter*, prometheus::Gauge*, prometheus::Histogram*>;
using SeriesByLabelValue = std::map<std::string, Series, std::less<>>;

template <class Family, class... Arguments>
SeriesByLabelValue series_of(Family& family, const MetricFamily& row, const Arguments&... arguments) {
    SeriesByLabelValue series;
    if (row.label.empty()) series.emplace("", &family.Add({}, arguments...));
    for (const std::string& value : row.values)
        series.emplace(value, &family.Add({{row.label, value}}, arguments...));
    return series;
}

SeriesByLabelValue make_series(prometheus::Registry& registry, const MetricFamily& row,
                               const prometheus::Labels& common) {
    SKERRY_ASSERT(row.label.empty() == row.values.empty());
    const auto family = [&](auto builder) -> auto& {
        return builder.Name(row.name).Help(row.help).Labels(common).Register(registry);
    };
    switch (row.kind) {
        case MetricKind::Counter:
            return series_of(family(prometheus::BuildCounter()), row);
        case MetricKind::Gauge:
            return series_of(family(prometheus::BuildGauge()), row);
        case MetricKind::Histogram:
            SKERRY_ASSERT(!row.buckets.empty());
            return series_of(family(prometheus::BuildHistogram()), row, row.buckets);
    }
    return {};
}

prometheus::MetricFamily process_family(const char* name, const char* help, prometheus::MetricType type, double value) {
    prometheus::ClientMetric metric;
    (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return {name, help, type, {metric}};
}

}  // namespace

struct Registry::State {
    prometheus::Registry registry;
    std::map<std::string, SeriesByLabelValue, std::less<>> families;

    template <class Kind>
    Kind& find(std::string_view name, std::string_view label_value) {
        const auto family = families.find(name);
        SKERRY_ASSERT(family != families.end());
        const auto series = family->second.find(label_value);
        SKERRY_ASSERT(series != family->second.end());
        SKERRY_ASSERT(std::holds_alternative<Kind*>(series->second));
        return *std::get<Kind*>(series->second);
    }
};

void Counter::add(double amount) {
    series_->Increment(amount);
}
void Gauge::set(double value) {
    series_->Set(value);
}
void Gauge::add(double amount) {
    series_->Increment(amount);
}
void Histogram::observe(double value) {
    series_->Observe(value);
}

Registry::Registry(std::span<const MetricFamily> table, const std::optional<CommonLabel>& common)
    : state_(std::make_unique<State>()) {
    prometheus::Labels labels;
    if (common) labels.emplace(common->name, common->value);
    for (const MetricFamily& row : table) {
        const bool added = state_->families.emplace(row.name, make_series(state_->registry, row, labels)).second;
        SKERRY_ASSERT(added);
    }
}

Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;
Registry::~Registry() = default;

Counter Registry::counter(std::string_view name, std::string_view label_value) {
    return Counter(state_->find<prometheus::Counter>(name, label_value));
}
Gauge Registry::gauge(std::string_view name, std::string_view label_value) {
    return Gauge(state_->find<prometheus::Gauge>(name, label_value));
}
Histogram Registry::histogram(std::string_view name, std::string_view label_value) {
    return Histogram(state_->find<prometheus::Histogram>(name, label_value));
}

std::string Registry::text() const {
    return text(std::array{this});
}

std::string Registry::text(std::span<const Registry* const> all) {
    using prometheus::MetricType;
    std::vector<prometheus::MetricFamily> families;
    std::map<std::string, std::size_t, std::less<>> place;
    for (const Registry* registry : all) {
        for (prometheus::MetricFamily& family : registry->state_->registry.Collect()) {
            const auto [found, is_new] = place.emplace(family.name, families.size());
            if (is_new) {
                families.push_back(std::move(family));
            } else {
                std::vector<prometheus::ClientMetric>& series = families[found->second].metric;
                std::move(family.metric.begin(), family.metric.end(), std::back_inserter(series));
            }
        }
    }
    const ProcessUsage usage = process_usage();
    families.push_back(process_family("process_resident_memory_bytes", "Resident memory size in bytes.",
                                      MetricType::Gauge, static_cast<double>(usage.resident_memory_bytes)));
    families.push_back(process_family("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                                      MetricType::Counter, usage.cpu_seconds));
    families.push_back(process_family("process_open_fds", "Number of open file descriptors.", MetricType::Gauge,
                                      static_cast<double>(usage.open_fds)));
    families.push_back(process_family("process_start_time_seconds", "Start time of the process since 1970 in seconds.",
                                      MetricType::Gauge, usage.start_time_seconds));
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace skerry::observe
