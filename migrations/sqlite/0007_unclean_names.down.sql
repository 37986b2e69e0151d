drop index ix_cpu_unclean_name;
drop index ix_gpu_unclean_name;
drop index ix_profile_unclean_name;
drop index ix_ports_profile_unclean_name;
