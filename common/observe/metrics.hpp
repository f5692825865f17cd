#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace skerry::observe {

enum class MetricKind { Counter, Gauge, Histogram };

/// One row of a program's table of metrics. Names follow Prometheus: base units, `_total` for counters.
/// A label's values are fixed here: never one per node, round or request, so that the number of series is known.
struct MetricFamily {
    std::string name;
    std::string help;
    MetricKind kind = MetricKind::Counter;
    std::string label;                ///< empty: one series without labels
    std::vector<std::string> values;  ///< of the label; every series exists, at zero, from the start
    std::vector<double> buckets;      ///< upper bounds of a histogram, increasing
};

/// Handles to one series, valid as long as the registry. Cheap to copy; thread-safe.
class Counter {
public:
    void add(double amount = 1.0);  ///< amount ≥ 0

private:
    friend class Registry;
    explicit Counter(prometheus::Counter& series) : series_(&series) {}
    prometheus::Counter* series_;
};

class Gauge {
public:
    void set(double value);
    void add(double amount);

private:
    friend class Registry;
    explicit Gauge(prometheus::Gauge& series) : series_(&series) {}
    prometheus::Gauge* series_;
};

class Histogram {
public:
    void observe(double value);

private:
    friend class Registry;
    explicit Histogram(prometheus::Histogram& series) : series_(&series) {}
    prometheus::Histogram* series_;
};

/// A label that all series of one registry carry.
struct CommonLabel {
    std::string name;
    std::string value;
};

/// All metrics of one process, or of one part of it, from one table. Thread-safe once constructed. A name or a label
/// value that is not in the table, or a wrong kind, is our mistake and asserts; take the handles once, at start.
class Registry {
public:
    /// `common` sets the series of one part apart from those of its siblings with the same table.
    explicit Registry(std::span<const MetricFamily> table, const std::optional<CommonLabel>& common = {});
    Registry(Registry&&) noexcept;
    Registry& operator=(Registry&&) noexcept;
    ~Registry();

    [[nodiscard]] Counter counter(std::string_view name, std::string_view label_value = {});
    [[nodiscard]] Gauge gauge(std::string_view name, std::string_view label_value = {});
    [[nodiscard]] Histogram histogram(std::string_view name, std::string_view label_value = {});

    /// Prometheus text format 0.0.4 of every family and of process_usage.hpp, for
    /// `Content-Type: text/plain; version=0.0.4`.
    [[nodiscard]] std::string text() const;
    /// The same for all registries of a process: the series of one name stand together, as the format asks.
    [[nodiscard]] static std::string text(std::span<const Registry* const> all);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace skerry::observe
