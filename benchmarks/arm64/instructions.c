/* A plugin of QEMU's user mode (API version 1 and later): how many instructions ran.
 *
 * Each block of translated code adds its length to one counter whenever it runs. Threads
 * share the counter without a lock: exact for a program whose work is in one thread.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

/* As in qemu-plugin.h, which Debian's qemu-user does not bring. */
typedef uint64_t plugin_id;
struct qemu_plugin_tb;
typedef void (*on_block)(plugin_id, struct qemu_plugin_tb *);
typedef void (*on_exit_of)(plugin_id, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, on_block);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *,
                                          void (*)(unsigned int, void *), int flags,
                                          void *);
void qemu_plugin_register_atexit_cb(plugin_id, on_exit_of, void *);
void qemu_plugin_outs(const char *);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static uint64_t executed;

static void block_runs(unsigned int cpu, void *length)
{
	(void)cpu;
	executed += (uintptr_t)length;
}

static void block_translated(plugin_id id, struct qemu_plugin_tb *block)
{
	(void)id;
	uintptr_t length = qemu_plugin_tb_n_insns(block);

	qemu_plugin_register_vcpu_tb_exec_cb(block, block_runs, 0, (void *)length);
}

static void ended(plugin_id id, void *data)
{
	char line[48];

	(void)id;
	(void)data;
	snprintf(line, sizeof line, "instructions %" PRIu64 "\n", executed);
	qemu_plugin_outs(line);
}

__attribute__((visibility("default"))) int
qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	(void)argc;
	(void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
