#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "coordinator/federation.hpp"

namespace skerry::coordinator {

struct ListenConfig {
    /// Where nodes connect: a ZeroMQ endpoint; port 0 takes a free one.
    std::string fleet = "tcp://0.0.0.0:7700";
    /// Where new nodes ask to join. Empty: the port after the fleet's.
    std::string enrol;
    /// The name or address under which nodes reach this machine; it is written into tokens. Empty: the address that
    /// `fleet` names, which must then be one address and not all of them.
    std::string advertise;

    [[nodiscard]] std::vector<std::string> problems() const;
};

struct MetricsConfig {
    /// "127.0.0.1:9464"; empty: only on the admin socket.
    std::string listen;

    [[nodiscard]] std::vector<std::string> problems() const;
};

struct ModelsConfig {
    /// What nodes may fetch versions as beside fp32, which is always there: fp16, fp8, mixed. Each is made once a
    /// version, and takes its bytes on the disk, and in memory for the newest.
    std::vector<std::string> precisions = {"fp16", "fp8", "mixed"};
    /// Whether nodes that hold the version before the newest may fetch the difference to it, in fp32 and in each of
    /// these. Takes time at each publication, and their bytes on the disk.
    bool differences = true;

    /// The encodings that `precisions` names, each once; fp32 and what is none are left out.
    [[nodiscard]] std::vector<WeightEncoding> offered() const;
    [[nodiscard]] std::vector<std::string> problems() const;
};

/// Everything that an operator may set, in the units of its meaning.
struct CoordinatorConfig {
    ListenConfig listen;
    MetricsConfig metrics;
    ModelsConfig models;
    Policy policy;
    /// How nodes are to write their updates: wire::delta_policy_named. load_config puts it into the policy.
    std::string update_encoding = "fp32";
    /// Bytes of decrypted updates that a rule which compares them may hold at a time.
    std::size_t sum_memory = 64 << 20;
    std::string log_level = "info";

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

/// The defaults, with what the file says. InvalidInput: every fault of the file, a line each.
[[nodiscard]] Result<CoordinatorConfig> load_config(const std::optional<std::filesystem::path>& file);

/// The effective values as a file that load_config reads back.
[[nodiscard]] std::string config_text(const CoordinatorConfig& config);

/// "tcp://HOST:PORT" in its parts. InvalidInput: another form.
struct Endpoint {
    std::string host;  ///< IPv6 in brackets, "*" as it stands
    std::uint16_t port = 0;

    [[nodiscard]] std::string text() const { return "tcp://" + host + ":" + std::to_string(port); }
    [[nodiscard]] bool is_wildcard() const { return host == "*" || host == "0.0.0.0" || host == "[::]"; }
};
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace skerry::coordinator
