#include "cli/cmd.h"
int cmd_layout(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 8;
}
