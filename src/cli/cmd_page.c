#include "cli/cmd.h"
int cmd_page(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 8;
}
